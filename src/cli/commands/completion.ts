import { Argument, Command } from 'commander';

/** Each script asks `taffrail __complete WORD…` for candidates, so that one place knows commands, flags and names. */
const scripts: Record<string, string> = {
  bash: `# source <(taffrail completion bash)
_taffrail() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$("\${COMP_WORDS[0]}" __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _taffrail taffrail
`,
  zsh: `#compdef taffrail
# source <(taffrail completion zsh)
_taffrail() {
  local -a candidates
  candidates=("\${(@f)$("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  compadd -- $candidates
}
compdef _taffrail taffrail
`,
  fish: `# taffrail completion fish | source
complete -c taffrail -f -a '(set -l words (commandline -opc) (commandline -ct); taffrail __complete -- $words[2..-1] 2>/dev/null)'
`,
};

export function command(): Command {
  return new Command('completion')
    .description('Print a script that completes commands, flags, pods and namespaces in your shell.')
    .addArgument(new Argument('<shell>', 'your shell').choices(Object.keys(scripts)))
    .addHelpText('after', '\nExamples:\n  source <(taffrail completion bash)\n  taffrail completion fish | source\n')
    .action((shell: string) => void process.stdout.write(scripts[shell]!));
}
