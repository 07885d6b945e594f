import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import fc from 'fast-check';
import { systemClock } from '../../base/clock.ts';
import { Fault } from '../../base/fault.ts';
import { inClusterAccess, loadKubeconfig } from './kubeconfig.ts';
import { parseKubeconfig } from './kubeconfig-file.ts';

let directory: string;
const { HOME, KUBECONFIG } = process.env;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'taffrail-kubeconfig-'));
});

afterEach(() => {
  for (const [name, value] of Object.entries({ HOME, KUBECONFIG })) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  rmSync(directory, { recursive: true });
});

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

const pem = '-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n';
const base64 = Buffer.from(pem).toString('base64');

function config(user: string, cluster = 'server: https://127.0.0.1:6443/', context = 'cluster: c, user: u'): string {
  return `apiVersion: v1
kind: Config
current-context: main
contexts: [{name: main, context: {${context}}}]
clusters: [{name: c, cluster: {${cluster}}}]
users: [{name: u, user: {${user}}}]
`;
}

function load(user: string, cluster?: string, context?: string) {
  return loadKubeconfig(file('config', config(user, cluster, context)));
}

test('inline certificates, server and namespace are read; the namespace is default where none is named', () => {
  const access = load(
    `client-certificate-data: ${base64}, client-key-data: ${base64}`,
    `server: https://127.0.0.1:6443/, certificate-authority-data: ${base64}, tls-server-name: api`,
    'cluster: c, user: u, namespace: shop',
  );
  assert.equal(access.server, 'https://127.0.0.1:6443');
  assert.equal(access.ca, pem);
  assert.equal(access.clientCertificate, pem);
  assert.equal(access.clientKey, pem);
  assert.equal(access.tlsServerName, 'api');
  assert.equal(access.namespace, 'shop');
  assert.equal(access.token, undefined);
  assert.equal(load('').namespace, 'default');
});

test('certificates and tokens in files are relative to the kubeconfig and are read again when they change', async () => {
  for (const name of ['ca.pem', 'crt.pem', 'key.pem']) file(name, `${name} 1`);
  file('token', 'one\n');
  const access = load(
    'client-certificate: crt.pem, client-key: ./key.pem, tokenFile: token, token: fixed',
    'server: https://h, certificate-authority: ca.pem',
  );
  assert.equal(access.ca, 'ca.pem 1');
  assert.equal(await access.token?.(), 'one');
  file('crt.pem', 'renewed');
  file('token', 'second');
  assert.equal(access.clientCertificate, 'renewed');
  assert.equal(access.clientKey, 'key.pem 1');
  assert.equal(await access.token?.(), 'second');
});

test('$KUBECONFIG is a list: the first file that names a thing wins, missing files are passed over', async () => {
  const first = file('first', 'contexts: [{name: main, context: {cluster: c, user: u, namespace: first}}]');
  const second = file('second', config('token: t', 'server: https://second'));
  process.env.KUBECONFIG = `${join(directory, 'absent')}:${first}:${second}`;
  const access = loadKubeconfig();
  assert.equal(access.namespace, 'first');
  assert.equal(access.server, 'https://second');
  assert.equal(await access.token?.(), 't');
});

test('~/.kube/config is the default', () => {
  delete process.env.KUBECONFIG;
  process.env.HOME = directory;
  assert.throws(() => loadKubeconfig(), /there is no kubeconfig: ~\/\.kube\/config does not exist/);
  mkdirSync(join(directory, '.kube'));
  file('.kube/config', config('token: t', 'server: https://home'));
  assert.equal(loadKubeconfig().server, 'https://home');
});

test('what is wrong is named with its file and key', () => {
  const wrong: [text: string, message: RegExp][] = [
    ['a: [', /config:\d+: /],
    ['[]', /config: the file must be a mapping, not a list/],
    ['clusters: {}', /config: clusters must be a list, not a mapping/],
    ['clusters: [{cluster: {}}]', /config: clusters\[0\]\.name is missing/],
    ['current-context: 7', /config: current-context must be a text, not a number/],
    ['', /the kubeconfig has no current-context/],
    ['current-context: other', /the kubeconfig has no context other/],
    [config('', 'insecure-skip-tls-verify: true'), /config: clusters\[c\]\.cluster\.server is missing/],
    [
      config('', 'server: ftp://x'),
      /clusters\[c\]\.cluster\.server must be an https:\/\/ or http:\/\/ address, not ftp:\/\/x/,
    ],
    [
      config('', 'server: https://x, insecure-skip-tls-verify: yes please'),
      /insecure-skip-tls-verify must be true or false/,
    ],
    [config('', 'server: https://x, proxy-url: "http://p"'), /clusters\[c\]\.cluster\.proxy-url is not supported/],
    [
      config('', 'server: https://x, certificate-authority-data: AAAA'),
      /certificate-authority-data is not PEM in base64/,
    ],
    [
      config('', 'server: https://x, certificate-authority: gone.pem'),
      /clusters\[c\]\.cluster\.certificate-authority names .*gone\.pem, which cannot be read/,
    ],
    [
      config(`client-certificate-data: ${base64}`),
      /users\[u\]\.user\.client-certificate and client-key need each other/,
    ],
    [config('as: root'), /users\[u\]\.user\.as is not supported/],
    [config('auth-provider: {name: gcp}'), /users\[u\]\.user\.auth-provider is not supported/],
    [config('exec: {apiVersion: client.authentication.k8s.io/v1}'), /users\[u\]\.user\.exec\.command is missing/],
    [
      config('exec: {apiVersion: v7, command: x}'),
      /exec\.apiVersion is v7; known are client\.authentication\.k8s\.io\/v1 and/,
    ],
    [
      config('', undefined, 'cluster: c, user: nobody'),
      /contexts\[main\]\.context\.user names nobody, which is not among the users/,
    ],
    [config('', undefined, 'user: u'), /contexts\[main\]\.context\.cluster is missing/],
  ];
  for (const [text, message] of wrong) {
    assert.throws(
      () => loadKubeconfig(file('config', text)),
      (error) =>
        error instanceof Fault && error.code === 'usage' && message.test(error.message)
          ? true
          : assert.fail(`${text}: ${error}`),
    );
  }
  assert.throws(
    () => loadKubeconfig(file('config', config('')), 'nope'),
    (error) => error instanceof Fault && error.hint === 'it has main',
  );
});

test('any text is a kubeconfig or a Fault, never another error', () => {
  const piece = fc.constantFrom(
    'users',
    'clusters',
    ': ',
    '- ',
    '{',
    '}',
    '[',
    ']',
    '\n',
    '  ',
    'name',
    '&a',
    '*a',
    '"',
    'x',
    '!!js',
    '<<',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      try {
        parseKubeconfig(pieces.join(''), 'config');
      } catch (error) {
        assert.ok(error instanceof Fault, String(error));
      }
    }),
    { numRuns: 300 },
  );
});

function plugin(script: string, extra = ''): string {
  const path = file('plugin.sh', `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return `exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin.sh, args: [a, 'b c'], env: [{name: FLAVOUR, value: mint}], interactiveMode: Never${extra}}`;
}

function credential(status: object): string {
  return JSON.stringify({ kind: 'ExecCredential', apiVersion: 'client.authentication.k8s.io/v1', status });
}

test('an exec plugin gets arguments, environment and cluster; its token is kept until it expires or is refused', async () => {
  let nowMs = Date.parse('2030-01-01T00:00:00Z');
  const user = plugin(
    `echo "$1,$2,$FLAVOUR" >> "$(dirname "$0")/runs"; echo "$KUBERNETES_EXEC_INFO" > "$(dirname "$0")/info"
cat <<END
${credential({ token: 'T$(wc -l < $(dirname $0)/runs)', expirationTimestamp: '2030-01-01T00:10:00Z' })}
END`,
    ', provideClusterInfo: true',
  );
  const path = file('config', config(user, `server: https://h, certificate-authority-data: ${base64}`));
  const access = loadKubeconfig(path, undefined, { ...systemClock, nowMs: () => nowMs });
  assert.deepEqual(await Promise.all([access.token?.(), access.token?.()]), ['T1', 'T1']);
  assert.equal(await access.token?.(), 'T1');
  nowMs += 9 * 60_000 + 55_000;
  assert.equal(await access.token?.(), 'T2');
  access.onUnauthorized?.();
  assert.equal(await access.token?.(), 'T3');
  const { readFileSync } = await import('node:fs');
  assert.equal(readFileSync(join(directory, 'runs'), 'utf8'), 'a,b c,mint\n'.repeat(3));
  const info = JSON.parse(readFileSync(join(directory, 'info'), 'utf8'));
  assert.deepEqual(info.spec, {
    interactive: false,
    cluster: { server: 'https://h', 'certificate-authority-data': base64 },
  });
});

test('an exec plugin may give a client certificate instead of a token', async () => {
  const access = load(plugin(`cat <<'END'\n${credential({ clientCertificateData: 'C', clientKeyData: 'K' })}\nEND`));
  assert.equal(await access.token?.(), '');
  assert.equal(access.clientCertificate, 'C');
  assert.equal(access.clientKey, 'K');
});

test('an exec plugin that fails says why, with its install hint', async () => {
  const scripts: [script: string, message: RegExp][] = [
    ['exit 3', /gave no credential: it ended with exit code 3/],
    ['echo hello', /what it printed is not JSON/],
    ['echo "{}"', /not an ExecCredential/],
    [`cat <<'END'\n${credential({})}\nEND`, /neither a token nor a certificate/],
    ['exec yes', /more than execOutputBytesMax/],
    ['yes', /more than execOutputBytesMax/],
  ];
  for (const [script, message] of scripts) {
    const access = load(plugin(script, ', installHint: install it'));
    await assert.rejects(access.token!(), (error) => {
      assert(error instanceof Fault && error.code === 'unauthenticated');
      assert.equal(error.hint, 'install it');
      return message.test(error.message);
    });
  }
  rmSync(join(directory, 'plugin.sh'));
  await assert.rejects(
    load('exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin.sh}').token!(),
    /ENOENT/,
  );
});

test('in a pod the mounted ServiceAccount is used, and a renewed token is read again', async () => {
  file('token', 'one');
  file('ca.crt', pem);
  file('namespace', 'logging\n');
  const access = inClusterAccess({ KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' }, directory);
  assert.equal(access.server, 'https://[fd00::1]:443');
  assert.equal(access.ca, pem);
  assert.equal(access.namespace, 'logging');
  assert.equal(await access.token?.(), 'one');
  file('token', 'renewed');
  assert.equal(await access.token?.(), 'renewed');
  assert.throws(() => inClusterAccess({}), /not in a cluster/);
});
