import { Fault, messageOf } from '../base/fault.ts';
import { type AgentFlags, agentFlags } from './commands/agent-flags.ts';
import { plainFlags } from './plain-flags.ts';

/** Exit codes that scripts can use: 0 done, 1 it failed, 2 it was asked for wrongly, 3 the server cannot be reached, 130 interrupted. */
const exitCodes = { failed: 1, usage: 2, unavailable: 3 } as const;

async function main(argv: string[]): Promise<void> {
  // The agent runs on every node: its memory counts, so only what it needs is loaded.
  const [command, ...rest] = argv;
  if (command === 'agent') {
    const flags = plainFlags(agentFlags, rest, process.env);
    if (flags) return await (await import('./commands/run-agent.ts')).runAgent(flags as unknown as AgentFlags);
  }
  await (await import('./command-line.ts')).runCommandLine(argv);
}

function exitCodeOf(error: unknown): number {
  if (isCommanders(error)) return error.exitCode === 0 ? 0 : exitCodes.usage;
  if (!(error instanceof Fault)) return exitCodes.failed;
  if (error.code === 'usage' || error.code === 'bad-manifest') return exitCodes.usage;
  return error.code === 'unavailable' ? exitCodes.unavailable : exitCodes.failed;
}

/** Known by its code: the class would have to be loaded. */
function isCommanders(error: unknown): error is Error & { exitCode: number } {
  return error instanceof Error && String((error as { code?: unknown }).code).startsWith('commander.');
}

function report(error: unknown): void {
  if (isCommanders(error)) return;
  if (error instanceof Fault) {
    process.stderr.write(`error: ${error.message}\n`);
    if (error.hint) process.stderr.write(`hint: ${error.hint}\n`);
  } else if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') {
    const { port, address } = error as { port?: number; address?: string };
    process.stderr.write(`error: port ${port} of ${address} is taken by another process\n`);
    process.stderr.write('hint: choose another one; 0 takes any that is free (--port, --api-port, --metrics-port)\n');
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
