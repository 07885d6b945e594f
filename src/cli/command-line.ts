import { Command } from 'commander';
import { versionText } from '../base/version.ts';
import { commands } from './catalogue.ts';

/** Runs what a command line asks for; rejects with a Fault, or with commander's error once it has said what is wrong. */
export async function runCommandLine(argv: string[]): Promise<void> {
  const program = new Command('taffrail')
    .description('The logs and metrics of a Kubernetes cluster in one product')
    .version(versionText, '--version', 'print the version')
    .showHelpAfterError('(add --help to see what is possible)')
    .showSuggestionAfterError()
    .helpCommand('help [command]', 'what a command does and takes')
    .addHelpText(
      'after',
      '\nStart with:  taffrail up          a cluster look-alike with logs, on this machine\n             taffrail logs POD    what a pod said, also when it is gone\n',
    );
  const wanted = argv.find((argument) => !argument.startsWith('-'));
  for (const { name, summary, load } of commands) {
    // Only the command that was asked for is loaded: starting is what a command line does most.
    if (name === wanted || (wanted === 'help' && argv.includes(name))) program.addCommand(await load());
    else program.command(name, { hidden: summary === '' }).description(summary);
  }
  throwInsteadOfExit(program);
  await program.parseAsync(known(argv), { from: 'user' });
}

/** Who asks for nothing gets the help; who asks for help with what is no command hears that it is none. */
function known(argv: string[]): string[] {
  if (argv.length === 0) return ['--help'];
  const [first, topic] = argv;
  const isUnknown = first === 'help' && topic !== undefined && !commands.some(({ name }) => name === topic);
  return isUnknown ? argv.slice(1) : argv;
}

function throwInsteadOfExit(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) throwInsteadOfExit(child);
}
