import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, test } from 'node:test';
import { Fault } from '../../base/fault.ts';
import { silentLogger } from '../../telemetry/telemetry.ts';
import { AgentState, type KnownInstance } from './state.ts';

const known: KnownInstance = {
  directoryId: '1:2:3',
  key: { cluster: 'c', podUid: 'u', container: 'app', attempt: 4 },
  id: 'i',
  segments: [{ name: 's', size: 9, missingFrom: 5, done: false }],
  ended: false,
};
let home: string;
let path: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'taffrail-state-'));
  path = join(home, 'state.db');
});

afterEach(() => rmSync(home, { recursive: true }));

test('what is saved is there again, once, until it is removed', () => {
  const state = new AgentState(path, silentLogger);
  state.save([{ ...known, ended: true }]);
  state.save([known]);
  state.close();
  const again = new AgentState(path, silentLogger);
  assert.deepEqual(again.load(), [known]);
  again.remove(known);
  assert.deepEqual(again.load(), []);
  again.close();
});

test('a damaged state is put aside', () => {
  writeFileSync(path, 'this is not a database, and it is long enough to be taken for one'.repeat(100));
  const state = new AgentState(path, silentLogger);
  assert.deepEqual(state.load(), []);
  state.close();
  assert.ok(readdirSync(home).includes('state.db.damaged'));
});

test('a newer state is refused and left untouched', () => {
  const database = new DatabaseSync(path);
  database.exec('PRAGMA user_version = 9');
  database.close();
  const isNewer = (error: unknown) => error instanceof Fault && error.code === 'newer-format';
  assert.throws(() => new AgentState(path, silentLogger), isNewer);
  assert.deepEqual(readdirSync(home), ['state.db']);
});
