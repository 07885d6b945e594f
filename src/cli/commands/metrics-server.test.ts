import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratchDirectory, startPlane } from '../../sandbox/control/started-plane.ts';
import { command } from './metrics-server.ts';
import type { MetricsServerFlags } from './metrics-server-flags.ts';
import { ineffectiveOf, metricsServerSettings } from './metrics-server-settings.ts';

/** Reads a command line as the command does, and starts nothing. */
function flagsOf(...argv: string[]): MetricsServerFlags {
  const parsed = command()
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .action(() => {});
  parsed.parse(argv, { from: 'user' });
  return parsed.opts<MetricsServerFlags>();
}

test("the arguments of metrics-server's own manifests are understood", async (t) => {
  const plane = await startPlane(t);
  const settings = await metricsServerSettings(
    flagsOf(
      '--cert-dir=/tmp',
      '--secure-port=10250',
      '--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname',
      '--kubelet-use-node-status-port',
      '--metric-resolution=20s',
      '--kubelet-insecure-tls=true',
      '--v=4',
      '--node-selector=metrics-server-skip!=true',
      `--kubeconfig=${plane.plane.kubeconfigPath}`,
      '--authorization-always-allow-paths=/livez,/metrics*',
      '--requestheader-allowed-names=a,b',
      '--requestheader-username-headers=X-Remote-User',
    ),
  );
  assert.deepEqual([settings.host, settings.port], ['0.0.0.0', 10_250]);
  assert.deepEqual(settings.certificate, { directory: '/tmp', hosts: ['localhost', '127.0.0.1'] });
  const { addressTypes, useNodeStatusPort, insecureTls, resolutionMs, requestTimeoutMs, nodeSelector } =
    settings.scrape;
  assert.deepEqual(
    [addressTypes, useNodeStatusPort, insecureTls, resolutionMs, requestTimeoutMs, nodeSelector],
    [['InternalIP', 'ExternalIP', 'Hostname'], true, true, 20_000, 10_000, 'metrics-server-skip!=true'],
  );
  assert.deepEqual(settings.delegation?.alwaysAllowPaths, ['/livez', '/metrics*']);
  assert.deepEqual(settings.delegation?.requestHeader?.allowedNames, ['a', 'b']);
  assert.deepEqual(settings.delegation?.requestHeader?.usernameHeaders, ['x-remote-user']);
  assert.deepEqual(settings.tls, { minVersion: 'TLSv1.2' });
});

test('without a word the settings are those of metrics-server, but for the resolution', () => {
  const flags = flagsOf();
  assert.deepEqual([flags.securePort, flags.metricResolution, flags.kubeletPort], [443, 15_000, 10_250]);
  assert.deepEqual(flags.kubeletPreferredAddressTypes, [
    'Hostname',
    'InternalDNS',
    'InternalIP',
    'ExternalDNS',
    'ExternalIP',
  ]);
  assert.deepEqual(flags.authorizationAlwaysAllowPaths, ['/healthz', '/readyz', '/livez']);
});

test('flags that have no effect are taken, and named', () => {
  const flags = flagsOf(
    '--http2-max-streams-per-connection=100',
    '--profiling=false',
    '--permit-port-sharing',
    '--v',
    '2',
  );
  assert.deepEqual(ineffectiveOf(flags), [
    '--http2-max-streams-per-connection',
    '--permit-port-sharing',
    '--profiling',
  ]);
  assert.deepEqual(ineffectiveOf(flagsOf()), []);
});

test('what cannot be is refused, with the flag and what is allowed', async (t) => {
  const plane = await startPlane(t);
  const refused = async (message: RegExp, ...argv: string[]) =>
    assert.rejects(
      async () => metricsServerSettings(flagsOf(`--kubeconfig=${plane.plane.kubeconfigPath}`, ...argv)),
      { code: 'usage', message },
      argv.join(' '),
    );
  await refused(/--metric-resolution.*10s/, '--metric-resolution=5s');
  await refused(/--node-selector "a=b=c": .*found '='/, '--node-selector=a=b=c');
  await refused(/--kubelet-request-timeout/, '--kubelet-request-timeout=20s');
  await refused(/--tls-min-version VersionTLS10: .*VersionTLS12, VersionTLS13/, '--tls-min-version=VersionTLS10');
  await refused(
    /--tls-cipher-suites TLS_RSA_WITH_RC4_128_SHA: is not offered/,
    '--tls-cipher-suites=TLS_RSA_WITH_RC4_128_SHA',
  );
  await refused(/--tls-cert-file and --tls-private-key-file/, '--tls-cert-file=a.pem');
  await refused(/--kubelet-certificate-authority/, '--kubelet-certificate-authority=a', '--kubelet-insecure-tls');
  const nowhere = join(scratchDirectory(t), 'none');
  await assert.rejects(async () => metricsServerSettings(flagsOf(`--kubeconfig=${nowhere}`)), { code: 'usage' });
  assert.throws(() => flagsOf('--kubelet-insecure-tls=perhaps'), /wants true or false/);
  assert.throws(() => flagsOf('--secure-port=70000'), /wants a whole number/);
  assert.throws(() => flagsOf('--no-such-flag'), /unknown option/);
});

test('cipher suites are chosen by the names that Go has for them', async (t) => {
  const plane = await startPlane(t);
  const { tls } = await metricsServerSettings(
    flagsOf(
      `--kubeconfig=${plane.plane.kubeconfigPath}`,
      '--tls-cipher-suites=TLS_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
      '--tls-min-version=VersionTLS12',
    ),
  );
  assert.match(tls?.ciphers ?? '', /^TLS_AES_256_GCM_SHA384:.*:ECDHE-RSA-AES128-GCM-SHA256$/);
});
