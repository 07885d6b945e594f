import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { atEnd, run, startServing, taffrail, temporaryDirectory } from './processes.ts';

test('a port that is taken is named, with what to do', { timeout: 60_000 }, async (t) => {
  const directory = temporaryDirectory(t, 'taken-port');
  const { process: server, url } = await startServing('server', join(directory, 'first'));
  atEnd(t, () => server.stop());
  const { port } = new URL(url);
  const { code, stderr } = await run(taffrail, ['server', '--data-dir', join(directory, 'second'), '--port', port]);
  assert.equal(code, 1);
  assert.match(
    stderr,
    new RegExp(`^error: port ${port} of 127\\.0\\.0\\.1 is taken by another process\nhint: .*--port`),
  );
});
