/** deploy/Dockerfile: what it copies and installs is all that the command needs, and it is the image that the manifest names. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseAllDocuments } from 'yaml';

const root = join(import.meta.dirname, '..');
const dockerfile = readFileSync(join(root, 'deploy', 'Dockerfile'), 'utf8');
const json = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8'));

/** A directory as the image has it below /opt/taffrail. */
function imageDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'taffrail-image-'));
  t.after(() => rmSync(directory, { recursive: true }));
  for (const [, line] of dockerfile.matchAll(/^COPY (.*)$/gm)) {
    const paths = line!.split(' ');
    const target = paths.pop()!;
    for (const path of paths) {
      const to = target.endsWith('/') ? join(target, path.split('/').at(-1)!) : target;
      const isCopied = (source: string) => !source.endsWith('.test.ts');
      cpSync(join(root, path), join(directory, to), { recursive: true, filter: isCopied });
    }
  }
  const packages = Object.entries(json('package-lock.json').packages as Record<string, { dev?: true }>);
  for (const [path, { dev }] of packages) {
    if (dev || path === '' || path.lastIndexOf('node_modules/') > 0) continue;
    mkdirSync(join(directory, dirname(path)), { recursive: true });
    symlinkSync(join(root, path), join(directory, path));
  }
  return directory;
}

/** Loads the whole of every command, in a process of its own. */
const loadAll = `
const { commands } = await import(process.argv[1] + '/src/cli/catalogue.ts');
for (const { load } of commands) await load();
await import(process.argv[1] + '/src/cli/commands/run-agent.ts');
console.log(commands.length);`;

test('every command can be loaded from what the image holds, and started', (t) => {
  const directory = imageDirectory(t);
  const options = { encoding: 'utf8', env: { PATH: `${dirname(process.execPath)}:/usr/bin:/bin` } } as const;
  const script = ['--input-type=module', '--eval', loadAll, directory];
  assert.ok(Number(execFileSync(process.execPath, script, options)) > 10);
  assert.match(execFileSync(join(directory, 'bin', 'taffrail'), ['version'], options), /^taffrail /);
});

test('what the image leaves out is what the recipe says', () => {
  const ignored = readFileSync(join(root, 'deploy', 'Dockerfile.dockerignore'), 'utf8')
    .trimEnd()
    .split('\n');
  const copied = [...dockerfile.matchAll(/^COPY (.*) \S+$/gm)].flatMap(([, paths]) => paths!.split(' '));
  assert.deepEqual(ignored, ['*', ...copied.map((path) => `!${path}`), '**/*.test.ts']);
});

test('the manifest names this version of the image, and a user that it has', () => {
  const { version } = json('package.json');
  assert.ok(dockerfile.includes(`-t REGISTRY/taffrail:${version} .`));
  const manifests = parseAllDocuments(readFileSync(join(root, 'deploy', 'metrics.yaml'), 'utf8'));
  const deployment = manifests.map((each) => each.toJS()).find(({ kind }) => kind === 'Deployment');
  const [container] = deployment.spec.template.spec.containers;
  assert.equal(container.image, `taffrail:${version}`);
  const [, user] = /^USER (\d+):\d+$/m.exec(dockerfile)!;
  assert.equal(container.securityContext.runAsUser, Number(user));
});
