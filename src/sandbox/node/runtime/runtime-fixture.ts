/** For tests: a real runtime process on a directory of its own, and what one does with it. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../../base/clock.ts';
import { adoptOrStartRuntime, openRuntime, shutDownRuntime } from './launch.ts';
import type { ContainerMount, ContainerRecord, ContainerRequest } from './protocol.ts';
import type { RuntimeClient } from './runtime-client.ts';

const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export class RuntimeFixture {
  readonly directory: string;
  client!: RuntimeClient;
  events: ContainerRecord[] = [];

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async start(t: TestContext): Promise<RuntimeFixture> {
    const fixture = new RuntimeFixture(mkdtempSync(join(tmpdir(), 'taffrail-runtime-')));
    t.after(async () => {
      const client = await openRuntime(fixture.directory);
      if (client) await shutDownRuntime(client, systemClock, 0);
      client?.close();
      fixture.client.close();
      rmSync(fixture.directory, { recursive: true, force: true });
    });
    await fixture.connect();
    return fixture;
  }

  async connect(): Promise<boolean> {
    const { client, adopted } = await adoptOrStartRuntime(this.directory, systemClock, (record) =>
      this.events.push(record),
    );
    this.client = client;
    return adopted;
  }

  logPath(name: string): string {
    return join(this.directory, 'log', 'pods', name, '0.log');
  }

  request(name: string, argv: string[], more: Partial<ContainerRequest> = {}): ContainerRequest {
    return {
      id: randomBytes(32).toString('hex'),
      podUid: 'uid',
      podNamespace: 'default',
      podName: 'pod',
      name,
      attempt: 0,
      kind: 'regular',
      specHash: '',
      argv,
      env: [['PATH', path]],
      workingDir: '/',
      hostname: 'pod',
      mounts: [],
      logPath: this.logPath(name),
      logSizeBytesMax: 10 * 1024 * 1024,
      logFilesMax: 5,
      ...more,
    };
  }

  run(name: string, script: string, more: Partial<ContainerRequest> = {}): Promise<ContainerRecord> {
    return this.client.call('start', this.request(name, ['sh', '-c', script], more));
  }

  async ended(name: string): Promise<ContainerRecord> {
    const find = async () =>
      (await this.client.call('list', {})).find((record) => record.name === name && record.state === 'exited');
    await until(find);
    return (await find()) as ContainerRecord;
  }

  /** What a container wrote to a stream, as its current log file has it. */
  output(name: string, stream = 'stdout'): string {
    return textOf(readFileSync(this.logPath(name)), stream);
  }
}

/** The text behind CRI records. */
export function textOf(bytes: Buffer, stream: string): string {
  return bytes
    .toString()
    .split('\n')
    .filter((record) => record.split(' ', 2)[1] === stream)
    .map((record) => {
      const [, , tag, ...rest] = record.split(' ');
      return rest.join(' ') + (tag === 'F' ? '\n' : '');
    })
    .join('');
}

export function volume(hostPath: string, containerPath: string, more: Partial<ContainerMount> = {}): ContainerMount {
  return { hostPath, containerPath, readOnly: false, file: false, ...more };
}

export async function until(condition: () => unknown, withinMs = 15_000): Promise<void> {
  const deadlineMs = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadlineMs) throw new Error(`did not come true within ${withinMs} ms: ${condition}`);
    await sleep(20);
  }
}
