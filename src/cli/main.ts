import { Command, CommanderError } from 'commander';
import { Fault, messageOf } from '../base/fault.ts';
import { commands } from './catalogue.ts';

/** Exit codes that scripts can use: 0 done, 1 it failed, 2 it was asked for wrongly, 3 the server cannot be reached, 130 interrupted. */
const exitCodes = { failed: 1, usage: 2, unavailable: 3 } as const;

async function main(argv: string[]): Promise<void> {
  const program = new Command('taffrail')
    .description('The logs and metrics of a Kubernetes cluster in one product')
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
  await program.parseAsync(argv, { from: 'user' });
}

function throwInsteadOfExit(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) throwInsteadOfExit(child);
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage;
  if (!(error instanceof Fault)) return exitCodes.failed;
  if (error.code === 'usage' || error.code === 'bad-manifest') return exitCodes.usage;
  return error.code === 'unavailable' ? exitCodes.unavailable : exitCodes.failed;
}

function report(error: unknown): void {
  if (error instanceof CommanderError) return;
  if (error instanceof Fault) {
    process.stderr.write(`error: ${error.message}\n`);
    if (error.hint) process.stderr.write(`hint: ${error.hint}\n`);
  } else process.stderr.write(`error: ${process.env.TAFFRAIL_DEBUG ? (error as Error).stack : messageOf(error)}\n`);
}

// Nobody reads any more (`| head`): what is left to say is for nobody.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

main(process.argv.slice(2)).catch((error: unknown) => {
  report(error);
  process.exitCode = exitCodeOf(error);
});
