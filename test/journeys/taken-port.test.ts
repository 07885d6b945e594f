import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { atEnd, run, startServing, taffrail, temporaryDirectory } from './processes.ts';

test('a port that is taken is named, with what to do', { timeout: 60_000 }, async (t) => {
  const directory = temporaryDirectory(t, 'taken-port');
  const { process: server, url } = await startServing('server', join(directory, 'first'));
  atEnd(t, () => server.stop());
  const { port } = new URL(url);
  const logRoot = join(directory, 'logs');
  mkdirSync(logRoot);
  const own = ['--data-dir', join(directory, 'second')];
  for (const args of [
    ['server', ...own, '--port', port],
    ['agent', ...own, '--log-root', logRoot, '--to', url, '--metrics-port', port],
  ]) {
    const { code, stderr } = await run(taffrail, args);
    assert.equal(code, 1, args[0]);
    const said = `^error: port ${port} of 127\\.0\\.0\\.1 is taken by another process\nhint: .*--port`;
    assert.match(stderr, new RegExp(said, 'm'), args[0]);
  }
});
