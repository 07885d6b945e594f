import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { openTestStore, shown } from './store-fixture.ts';

/** Runs a process that appends, kills it after a while, and gives how many samples of each series it had acknowledged. */
function appendUntilKilled(dataDir: string, delayMs: number): Promise<number> {
  const script = fileURLToPath(new URL('./append-under-test.ts', import.meta.url));
  const child = spawn(process.execPath, [script, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    if (text === '') setTimeout(() => child.kill('SIGKILL'), delayMs);
    text += chunk.toString();
  });
  return new Promise((resolve) => child.on('close', () => resolve(Number(text.split('\n').at(-2) ?? 0))));
}

export interface KillRound {
  acknowledged: number;
  blocks: number;
  /** What was wrong, if something was. */
  wrong: string | null;
}

/** One round: kill, open, look at every sample. */
export async function killRound(dataDir: string, delayMs: number): Promise<KillRound> {
  const acknowledged = await appendUntilKilled(dataDir, delayMs);
  const store = await openTestStore(dataDir);
  try {
    const held = await shown(store);
    const { blocks } = store.status();
    for (const name of ['a', 'b', 'c']) {
      const samples = (held[`{__name__="${name}"}`] ?? '').split(' ').filter(Boolean);
      // What was being written when the process died may be there, if it is there as it was sent.
      const wrong = samples.findIndex((sample, i) => sample !== `${i * 60_000}=${i * 3}`);
      if (wrong >= 0) return { acknowledged, blocks, wrong: `${name}: sample ${wrong} is ${samples[wrong]}` };
      if (samples.length < acknowledged) {
        return { acknowledged, blocks, wrong: `${name}: ${samples.length} of ${acknowledged} samples` };
      }
    }
    return { acknowledged, blocks, wrong: null };
  } finally {
    await store.close();
  }
}
