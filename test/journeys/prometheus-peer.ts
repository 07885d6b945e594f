/** A real Prometheus 3 beside us, and its promtool. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { atEnd, type Cleanup, projectRoot, Running, until } from './processes.ts';

/** Where scripts/prometheus.sh unpacks Debian's package. */
const unpacked = join(projectRoot, '.cache', 'prometheus', 'usr', 'bin');

type Tool = 'prometheus' | 'promtool';

function find(name: Tool): string | undefined {
  const named = process.env.TAFFRAIL_PROMETHEUS;
  const folders = [...(named ? [join(named, '..')] : []), unpacked];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** Why tests with a real Prometheus are left out on this machine. CI has one, and leaves out none. */
export const noPrometheus: string | false =
  find('prometheus') || process.env.CI
    ? false
    : 'no Prometheus 3 here: scripts/prometheus.sh unpacks one, or TAFFRAIL_PROMETHEUS names it';

export function toolPath(name: Tool): string {
  const path = find(name);
  if (!path) throw new Error(`there is no ${name}: scripts/prometheus.sh unpacks one`);
  return path;
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
