import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { Command } from 'commander';
import { applyConfigFile, configOption, setting } from './settings.ts';
import { bytes, port, repeated } from './values.ts';

async function parsed(t: TestContext, file: string, argv: string[] = []): Promise<Record<string, unknown>> {
  const folder = mkdtempSync(join(tmpdir(), 'taffrail-settings-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'c.yaml'), file);
  const command = new Command('up')
    .addOption(setting('--port <port>', 'a port', { parse: port, default: 7100 }))
    .addOption(setting('--log-max-size <size>', 'a size', { parse: bytes, default: 1 }))
    .addOption(
      setting('--manifest <file>', 'files', {
        parse: repeated as (text: string, before: string[] | undefined) => string[],
      }),
    )
    .addOption(setting('--no-examples', 'none'))
    .addOption(configOption)
    .exitOverride();
  command.parse(['--config', join(folder, 'c.yaml'), ...argv], { from: 'user' });
  await applyConfigFile(command);
  return command.opts();
}

test('the file sets what no flag or variable sets', async (t) => {
  process.env.TAFFRAIL_LOG_MAX_SIZE = '3Ki';
  t.after(() => delete process.env.TAFFRAIL_LOG_MAX_SIZE);
  const options = await parsed(t, 'port: 1\nlog-max-size: 2Ki\nmanifest: [a.yaml, b.yaml]\nexamples: false\n', [
    '--port',
    '5',
  ]);
  assert.equal(options.port, 5);
  assert.equal(options.logMaxSize, 3072);
  assert.deepEqual(options.manifest, ['a.yaml', 'b.yaml']);
  assert.equal(options.examples, false);
});

test('a flag that begins with no- is a key of the same name, or its opposite without', async (t) => {
  assert.equal((await parsed(t, 'no-examples: true\n')).examples, false);
  assert.equal((await parsed(t, 'no-examples: false\n')).examples, true);
  assert.equal((await parsed(t, 'examples: true\n')).examples, true);
  await assert.rejects(() => parsed(t, 'no-examples: 1\n'), { code: 'usage', message: /wants true or false, not 1/ });
});

test('a wrong value names file, line, key and what is allowed', async (t) => {
  await assert.rejects(() => parsed(t, '# first\nport: 99999\n'), {
    code: 'usage',
    message: /c\.yaml:2: port: 99999 wants a whole number from 0 to 65535/,
  });
  await assert.rejects(() => parsed(t, 'prot: 1\n'), {
    code: 'usage',
    message: /c\.yaml:1: prot: there is no such setting; up knows port, log-max-size/,
  });
  await assert.rejects(() => parsed(t, 'port: {a: 1}\n'), { code: 'usage', message: /c\.yaml:1: port: wants a value/ });
  await assert.rejects(() => parsed(t, 'port: 1\nx: [\n'), { code: 'usage', message: /c\.yaml:[23]: Flow/ });
  await assert.rejects(() => parsed(t, '- 1\n'), { code: 'usage' });
});
