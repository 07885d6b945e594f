import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../bench/corpus/random.ts';
import {
  atEnd,
  type Cleanup,
  run,
  runWell,
  startServing,
  taffrail,
  temporaryDirectory,
  until,
} from '../journeys/processes.ts';
import { killNow } from './apart.ts';
import type { LoopResult } from './kill-loop.ts';
import { sum, type Verdict, verify } from './numbered.ts';

const PODS = 3;
const FLAGS = ['--no-examples', '--log-max-size', '128Ki', '--log-max-files', '40'];
const DRAIN_TIMEOUT_MS = 60_000;

/** `taffrail up`, killed at random, while its pods write; their processes go on, so their numbers do too. */
export async function killUp(t: Cleanup, kills: number, random: Random): Promise<LoopResult> {
  const home = temporaryDirectory(t, 'kill-up');
  const dataDir = join(home, 'data');
  const manifest = join(home, 'pods.json');
  const pods = Array.from({ length: PODS }, (_, i) => `writer-${i}`);
  writeFileSync(manifest, pods.map((name) => JSON.stringify(podOf(name, join(home, 'stop')))).join('\n---\n'));
  let up = await startServing('up', dataDir, [...FLAGS, '--manifest', manifest]);
  // The pods' runtime outlives a killed `up`: only a running one takes it down.
  atEnd(t, async () => {
    if (!up.process.isRunning) up = await startServing('up', dataDir, FLAGS);
    await up.process.stop();
  });
  for (const pod of pods) await until(`${pod} writes`, async () => (await logs(up.url, pod)).length > 0, 60_000, 300);

  for (let kill = 0; kill < kills; kill++) {
    await sleep(100 + random.below(1500));
    await killNow(up.process, 'up');
    await sleep(random.below(500));
    up = await startServing('up', dataDir, FLAGS);
  }

  writeFileSync(join(home, 'stop'), '');
  const verdicts: Verdict[] = [];
  let written = 0;
  for (const pod of pods) {
    const end = await until(
      `${pod}'s last line is stored`,
      async () => /^end (\d+)$/m.exec((await logs(up.url, pod, ['--tail', '1'])).toString()) ?? undefined,
      DRAIN_TIMEOUT_MS,
      500,
    );
    const count = Number(end[1]);
    written += count;
    const { stdout: said, stderr: notices } = await run(taffrail, [
      'logs',
      pod,
      '--instance',
      'all',
      '--server',
      up.url,
    ]);
    if (notices !== '') process.stderr.write(`${pod}: ${notices}`);
    verdicts.push(verify(said.subarray(0, said.lastIndexOf('end ')), count, (n) => `${n} ${PADDING}`, pod));
  }
  const { instances } = JSON.parse(
    (await runWell(taffrail, ['instances', '--server', up.url, '-o', 'json'])).stdout.toString(),
  );
  const restarts = instances.length - PODS;
  return { killed: { up: kills }, written, rotations: undefined, restarts, ...sum(verdicts) };
}

const PADDING = 'the quick brown fox jumps over the lazy dog, again and again and again';

/** Counts until a file appears, and then says how far it came. */
function podOf(name: string, stopFile: string) {
  const script = `i=0; while [ ! -e ${stopFile} ]; do j=0; while [ $j -lt 40 ]; do echo "$i ${PADDING}"; i=$((i+1)); j=$((j+1)); done; sleep 0.02; done; echo "end $i"`;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      restartPolicy: 'Never',
      containers: [{ name: 'main', image: 'busybox', command: ['/bin/sh', '-c', script] }],
    },
  };
}

async function logs(url: string, pod: string, flags: string[] = []): Promise<Buffer> {
  return (await run(taffrail, ['logs', pod, '--instance', 'all', '--server', url, ...flags])).stdout;
}
