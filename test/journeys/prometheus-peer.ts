/** A real Prometheus 3 beside us, and its promtool. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { atEnd, type Cleanup, projectRoot, Running, until } from './processes.ts';

/** Where .ci/run unpacks Debian's package. */
const unpacked = join(projectRoot, '.cache', 'prometheus', 'usr', 'bin');

/** The path of `prometheus` or `promtool`: beside the binary that TAFFRAIL_PROMETHEUS names, unpacked by CI, or on PATH. */
function toolPath(name: 'prometheus' | 'promtool'): string {
  const named = process.env.TAFFRAIL_PROMETHEUS;
  const folders = [
    ...(named ? [join(named, '..')] : []),
    unpacked,
    '/tmp/peers/prometheus',
    ...(process.env.PATH ?? '').split(delimiter),
  ];
  const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  if (found) return found;
  throw new Error(
    `no ${name} 3 on this machine: run .ci/run once, which unpacks one, or name it with TAFFRAIL_PROMETHEUS`,
  );
}

export function promtool(args: readonly string[]): Running {
  return new Running(toolPath('promtool'), args);
}

/** Starts one on a free port of loopback with this configuration. `flags` are added to its own. */
export async function startPrometheus(
  t: Cleanup,
  directory: string,
  config: string,
  flags: readonly string[] = [],
): Promise<{ url: string; process: Running }> {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'prometheus.yml'), config);
  const process = new Running(toolPath('prometheus'), [
    `--config.file=${join(directory, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(directory, 'data')}`,
    '--web.listen-address=127.0.0.1:0',
    ...flags,
  ]);
  atEnd(t, () => process.stop());
  const port = await until('Prometheus listens', () => {
    if (!process.isRunning) throw new Error(`Prometheus ended: ${process.stderr}`);
    return /msg="Listening on".*address=127\.0\.0\.1:(\d+)/.exec(process.stderr)?.[1];
  });
  const url = `http://127.0.0.1:${port}`;
  await until('Prometheus is ready', async () => (await fetch(`${url}/-/ready`)).ok);
  return { url, process };
}

/** The data of an answer of the API, or an error with what it said. */
// biome-ignore lint/suspicious/noExplicitAny: what the answer holds is what the test looks at
export async function ask(url: string, path: string, parameters: Record<string, string> = {}): Promise<any> {
  const response = await fetch(`${url}${path}?${new URLSearchParams(parameters)}`);
  const body = (await response.json()) as { data: unknown; error?: string };
  if (!response.ok) throw new Error(`${response.status} from ${path}: ${body.error}`);
  return body.data;
}

/** Of an instant query: values by the text of their labels. */
export async function valuesOf(url: string, query: string, timeMs?: number): Promise<Map<string, string>> {
  const time: Record<string, string> = timeMs === undefined ? {} : { time: String(timeMs / 1000) };
  const { result } = await ask(url, '/api/v1/query', { query, ...time });
  return new Map(
    result.map(({ metric, value }: { metric: object; value: [number, string] }) => [JSON.stringify(metric), value[1]]),
  );
}

export const pause = sleep;
