import { Command, Option } from 'commander';
import { systemClock } from '../../base/clock.ts';
import { createClient } from '../../kubernetes/client/http-client.ts';
import { type ClusterOptions, clusterOptions, resolveCluster } from '../cluster-access.ts';
import { examine, type Finding } from '../doctor/check.ts';
import { checks } from '../doctor/checks.ts';
import { Examination } from '../doctor/examination.ts';
import { findingText, summary } from '../doctor/print.ts';
import { showsColour } from '../output/colour.ts';
import { type DataFormat, dataOption, printObject } from '../output/print-object.ts';
import { Output, OutputClosed } from '../output/stdout.ts';
import { waiting } from '../output/waiting.ts';
import { durationMs } from '../values.ts';

interface DoctorFlags extends ClusterOptions {
  timeout: number;
  output?: DataFormat;
}

const help = `
It goes the way of a figure: kubeconfig, API server, APIService, Service, endpoints, certificates, front proxy, RBAC, aggregation, discovery,
each kubelet, and the figures themselves. It reads and asks, and changes nothing. Exit code: 0 nothing is broken, 1 something is.

Examples:
  taffrail doctor
  taffrail doctor --context production -o json
`;

/** A check makes a few requests; many nodes take longer than one. */
const requestsOfCheckMax = 6;

export function command(): Command {
  const doctor = new Command('doctor').description(
    'Test every part of the way from kubelets to "kubectl top", and say what mends the broken one.',
  );
  doctor.addOption(
    new Option('--timeout <duration>', 'how long one request may take').argParser(durationMs).default(5000, '5s'),
  );
  doctor.addOption(dataOption('give the findings as data'));
  for (const option of clusterOptions()) doctor.addOption(option);
  return doctor.addHelpText('after', help).action(examineCluster);
}

async function examineCluster(flags: DoctorFlags): Promise<void> {
  const client = createClient(resolveCluster(flags));
  const output = new Output(process.stdout);
  try {
    const examination = new Examination(client, systemClock, flags.timeout, flags);
    const findings = await report(examination, output, flags);
    if (findings.some(({ outcome }) => outcome === 'broken')) process.exitCode = 1;
  } catch (error) {
    if (!(error instanceof OutputClosed)) throw error;
  } finally {
    client.close();
  }
}

/** Line by line as checks are done, or all at the end as data. */
async function report(examination: Examination, output: Output, flags: DoctorFlags): Promise<Finding[]> {
  const look = { signs: process.stdout.isTTY === true, colour: showsColour(process.stdout) };
  const found: Finding[] = [];
  const pending = examine(checks, examination, flags.timeout * requestsOfCheckMax);
  for (;;) {
    const doing = checks.find(({ id }) => !found.some(({ check }) => check === id))?.title ?? 'checking';
    const next = await waiting(`checking: ${doing}`, () => pending.next());
    if (next.done) break;
    found.push(next.value);
    if (!flags.output) await output.write(findingText(next.value, look));
  }
  await output.write(flags.output ? printObject({ findings: found }, flags.output) : summary(found));
  return found;
}
