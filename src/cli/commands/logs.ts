import type { Command } from 'commander';
import { systemClock } from '../../base/clock.ts';
import { Fault } from '../../base/fault.ts';
import type { LogsRequest, Notice } from '../../logs/serve/protocol.ts';
import { showsColour } from '../output/colour.ts';
import { jsonLines, LinePrinter } from '../output/line-printer.ts';
import { Output, OutputClosed } from '../output/stdout.ts';
import { resolveServer } from '../server-address.ts';
import { type LogsFlags, logsFlags } from './logs-flags.ts';
import { logsRequest } from './logs-request.ts';
import { LogsStream, type ShownRun } from './logs-stream.ts';

/** Of a line that was longer than the agent's limit. */
const truncatedFlag = 2;
/** How often it is looked whether a pod that is waited for is there. */
const waitIntervalMs = 500;
/** A workload that was made just now has no lines yet: kubectl waits for its first pod as long. */
const workloadWaitMs = 20_000;

const examples = `
Examples:
  taffrail logs crasher                         what its only container says now, or said last
  taffrail logs crasher -p                      the run before that
  taffrail logs crasher --instance all          every run that is kept, the oldest first
  taffrail logs deploy/web --all-pods -f        all pods of a deployment, and those to come
  taffrail logs -l app=web -c server --tail 20  the last lines of one container of each pod
  taffrail logs web-1 --grep 'timeout|5\\d\\d' --around 3 --since 1h
  taffrail logs -A -l app=web --stream stderr -o json

"taffrail instances POD" lists the runs there are, also of pods that are gone.
`;

export function command(): Command {
  return logsFlags()
    .addHelpText('after', examples)
    .action(async (pod: string | undefined, container: string | undefined, flags: LogsFlags) => {
      await printLogs(logsRequest(pod, container, flags, systemClock.nowMs()), flags);
    });
}

async function printLogs(request: LogsRequest, flags: LogsFlags): Promise<void> {
  const output = new Output(process.stdout);
  const stop = new AbortController();
  output.failed.catch(() => stop.abort());
  const presentation = presentationOf(flags);
  let cutCount = 0;
  const surroundings = { resolve: () => resolveServer(flags), signal: stop.signal, clock: systemClock };
  try {
    await whenThere(waitMsOf(request, flags), async () => {
      for await (const event of new LogsStream(request, surroundings).events()) {
        if (event.kind === 'lines') {
          for (const { run } of event.runs) cutCount += run.countFlags(truncatedFlag);
          await output.write(presentation.print(event.runs));
          if (presentation.isAtLimit && isOneContainer(request)) break;
        } else if (event.kind === 'notice') tell(event.notice);
        else process.stderr.write(`taffrail: ${event.error.message}; trying again\n`);
      }
    });
    if (stop.signal.aborted) await output.failed;
    if (cutCount > 0)
      tell({ kind: 'incomplete', message: `${cutCount} of these lines were longer than the agent takes, and are cut` });
  } catch (error) {
    if (!(error instanceof OutputClosed)) throw (await explained(error, request, flags)) ?? error;
  }
}

/** What the sandbox knows better of what is not stored; undefined where there is nothing to say. */
async function explained(error: unknown, request: LogsRequest, flags: LogsFlags): Promise<Fault | undefined> {
  const { namespace, pod, container, instance = 'latest' } = request;
  if (!(error instanceof Fault) || error.code !== 'not-found' || flags.server) return;
  if (pod === undefined || namespace === undefined || instance !== 'latest') return;
  const { whyNotStarted } = await import('./not-started.ts');
  const why = await whyNotStarted(flags.dataDir, { namespace, pod, container });
  return why === undefined ? undefined : new Fault(error.code, why);
}

interface Presentation {
  print(runs: readonly ShownRun[]): Buffer | string;
  /** All that --limit-bytes allows of what has been seen is printed. */
  readonly isAtLimit: boolean;
}

function presentationOf(flags: LogsFlags): Presentation {
  if (flags.output === 'json') return { print: jsonLines, isAtLimit: false };
  return new LinePrinter({
    timestamps: flags.timestamps ?? false,
    prefix: flags.prefix ?? flags.allPods ?? false,
    namespaces: flags.allNamespaces ?? false,
    colour: showsColour(process.stdout),
    limitBytes: flags.limitBytes || undefined,
  });
}

/** Nothing but this one container can follow. */
function isOneContainer({ pod, allContainers }: LogsRequest): boolean {
  return pod !== undefined && !allContainers;
}

function waitMsOf({ workload, follow }: LogsRequest, { podRunningTimeout }: LogsFlags): number {
  return podRunningTimeout ?? (follow && workload ? workloadWaitMs : 0);
}

/** What does not exist yet is waited for, which is said once. */
async function whenThere(waitMs: number, print: () => Promise<void>): Promise<void> {
  const deadlineMs = systemClock.monotonicMs() + waitMs;
  for (let isSaid = false; ; isSaid = true) {
    try {
      return await print();
    } catch (error) {
      const left = deadlineMs - systemClock.monotonicMs();
      if (!(error instanceof Fault) || error.code !== 'not-found' || left <= 0) throw error;
      if (!isSaid)
        process.stderr.write(`taffrail: ${error.message}; waiting up to ${Math.ceil(left / 1000)}s for a pod\n`);
      await systemClock.sleep(Math.min(waitIntervalMs, left));
    }
  }
}

function tell({ kind, message }: Notice): void {
  process.stderr.write(kind === 'incomplete' ? `taffrail: incomplete: ${message}\n` : `${message}\n`);
}
