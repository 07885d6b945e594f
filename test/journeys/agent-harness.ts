import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { type AgentOptions, type RunningAgent, startAgent } from '../../src/processes/agent.ts';
import { MetricsRegistry, silentLogger } from '../../src/telemetry/telemetry.ts';
import { MemoryServer } from './agent-server.ts';

/** Short times, so that tests need not wait; everything else is as it runs in earnest. */
export const quickSettings = {
  settleMs: 60,
  batchAgeMs: 20,
  pollActiveMs: 20,
  pollIdleMs: 40,
  retryInitialMs: 20,
  retryDelayMsMax: 100,
  onceQuietMs: 0,
} satisfies AgentOptions['settings'];

/** A log root like a kubelet's, a server, and the agent between them. */
export class AgentWorld {
  readonly home: string;
  readonly server: MemoryServer;
  readonly podName: string;
  metrics = new MetricsRegistry();
  agent: RunningAgent | null = null;
  #clockMs = Date.UTC(2026, 0, 2, 3, 4, 5);
  #rotations = 0;

  private constructor(server: MemoryServer, podName: string) {
    this.home = mkdtempSync(join(tmpdir(), 'taffrail-agent-'));
    this.server = server;
    this.podName = podName;
    mkdirSync(this.directory('app'), { recursive: true });
  }

  static async open(podName = 'shop_web-0_0f5be8a2-0000-4000-8000-000000000001'): Promise<AgentWorld> {
    return new AgentWorld(await MemoryServer.start(), podName);
  }

  get root(): string {
    return join(this.home, 'pods');
  }

  directory(container: string): string {
    return join(this.root, this.podName, container);
  }

  path(attempt = 0, container = 'app'): string {
    return join(this.directory(container), `${attempt}.log`);
  }

  /** Records as containerd writes them; every one a millisecond after the one before. `P` at the front makes it partial. */
  records(texts: readonly string[], stream = 'stdout'): string {
    return texts
      .map((text) => {
        this.#clockMs += 1;
        const [tag, content] = text.startsWith('P:') ? ['P', text.slice(2)] : ['F', text];
        return `${new Date(this.#clockMs).toISOString()} ${stream} ${tag} ${content}\n`;
      })
      .join('');
  }

  write(texts: readonly string[], { attempt = 0, container = 'app', stream = 'stdout' } = {}): void {
    appendFileSync(this.path(attempt, container), this.records(texts, stream));
  }

  /** What the kubelet does: rename, then the runtime opens the name anew. Gives the rotated file's path. */
  rotate(attempt = 0, container = 'app'): string {
    const rotated = `${this.path(attempt, container)}.20260102-0304${String(this.#rotations++).padStart(2, '0')}`;
    renameSync(this.path(attempt, container), rotated);
    writeFileSync(this.path(attempt, container), '');
    return rotated;
  }

  compress(path: string): string {
    writeFileSync(`${path}.tmp`, gzipSync(readFileSync(path)));
    renameSync(`${path}.tmp`, `${path}.gz`);
    rmSync(path);
    return `${path}.gz`;
  }

  options(more: Partial<AgentOptions> = {}): AgentOptions {
    this.metrics = new MetricsRegistry();
    return {
      logRoot: this.root,
      to: this.server.url,
      dataDir: join(this.home, 'agent'),
      nodeName: 'node-1',
      cluster: 'cluster-1',
      log: silentLogger,
      metrics: this.metrics,
      ...more,
      settings: { ...quickSettings, ...more.settings },
    };
  }

  async start(more: Partial<AgentOptions> = {}): Promise<void> {
    this.agent = await startAgent(this.options(more));
  }

  async stop(): Promise<void> {
    await this.agent?.close();
    this.agent = null;
  }

  /** Reads what is there with an agent that ends by itself. */
  async readOnce(more: Partial<AgentOptions> = {}): Promise<void> {
    const agent = await startAgent(this.options({ once: true, ...more }));
    await agent.done;
  }

  wipe(): void {
    rmSync(join(this.home, 'agent'), { recursive: true, force: true });
  }

  texts(attempt = 0, container = 'app'): string[] {
    return this.server.lines(container, attempt).map(({ text }) => text.toString('latin1'));
  }

  /** Summed over its labels. */
  metric(name: string): number {
    const lines = this.metrics.exposition().split('\n');
    const values = lines.filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
    return values.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }

  async close(): Promise<void> {
    await this.stop();
    await this.server.close();
    if (existsSync(this.home)) rmSync(this.home, { recursive: true, force: true });
  }
}

/** Waits until the condition holds; fails with what it was called otherwise. */
export async function until(what: string, condition: () => boolean, timeoutMs = 10_000): Promise<void> {
  for (const end = performance.now() + timeoutMs; performance.now() < end; await sleep(10)) if (condition()) return;
  throw new Error(`it never came to this: ${what}`);
}

export function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, i) => `line ${from + i}`);
}
