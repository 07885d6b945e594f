import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogsRequest } from '../../logs/serve/protocol.ts';
import { type LogsFlags, logsFlags } from './logs-flags.ts';
import { logsRequest } from './logs-request.ts';

/** What the server would be asked, from a command line. */
function asked(line: string): LogsRequest {
  let request: LogsRequest | undefined;
  const command = logsFlags()
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .action((pod: string | undefined, container: string | undefined, flags: LogsFlags) => {
      request = logsRequest(pod, container, flags, Date.UTC(2026, 0, 31, 12));
    });
  command.parse(line.split(' ').filter(Boolean), { from: 'user' });
  return request!;
}

test("kubectl's flags mean what they mean to kubectl", () => {
  const cases: [line: string, request: LogsRequest][] = [
    ['web', { namespace: 'default', pod: 'web' }],
    ['pod/web -c app', { namespace: 'default', pod: 'web', container: 'app' }],
    ['web app', { namespace: 'default', pod: 'web', container: 'app' }],
    ['web -capp -n shop', { namespace: 'shop', pod: 'web', container: 'app' }],
    ['-n=shop web -c=app', { namespace: 'shop', pod: 'web', container: 'app' }],
    ['deploy/web', { namespace: 'default', workload: { kind: 'deployment', name: 'web' } }],
    [
      'deployments.apps/web --all-pods',
      { namespace: 'default', workload: { kind: 'deployment', name: 'web' }, allPods: true },
    ],
    ['CronJob/x', { namespace: 'default', workload: { kind: 'cronjob', name: 'x' } }],
    ['-l app=web', { namespace: 'default', labelSelector: 'app=web', tail: 10 }],
    ['-l app=web --tail=-1', { namespace: 'default', labelSelector: 'app=web' }],
    ['web --tail -1', { namespace: 'default', pod: 'web' }],
    ['web --tail 0', { namespace: 'default', pod: 'web', tail: 0 }],
    ['web -p', { namespace: 'default', pod: 'web', instance: -1 }],
    ['web --previous=true', { namespace: 'default', pod: 'web', instance: -1 }],
    ['web --previous=false', { namespace: 'default', pod: 'web' }],
    ['web -f', { namespace: 'default', pod: 'web', follow: true, followedMax: 5 }],
    ['web -f=true --max-log-requests=9', { namespace: 'default', pod: 'web', follow: true, followedMax: 9 }],
    ['web --since=1h30m', { namespace: 'default', pod: 'web', sinceSeconds: 5400 }],
    ['web --since 0', { namespace: 'default', pod: 'web' }],
    [
      'web --since-time=2026-01-31T12:00:00+02:00',
      { namespace: 'default', pod: 'web', since: '2026-01-31T12:00:00+02:00' },
    ],
    [
      'web --all-containers=true --limit-bytes=7',
      { namespace: 'default', pod: 'web', allContainers: true, limitBytes: 7 },
    ],
    ['web --limit-bytes 0 --timestamps --prefix', { namespace: 'default', pod: 'web' }],
  ];
  for (const [line, request] of cases) assert.deepEqual(asked(line), request, line);
});

test('the flags beyond kubectl', () => {
  const cases: [line: string, request: LogsRequest][] = [
    ['-A', {}],
    ['-A -l app=web -f', { labelSelector: 'app=web', tail: 10, follow: true }],
    ['web --instance -3', { namespace: 'default', pod: 'web', instance: -3 }],
    ['web --instance=2', { namespace: 'default', pod: 'web', instance: 2 }],
    ['web --instance 0', { namespace: 'default', pod: 'web', instance: 0 }],
    ['web --instance -0', { namespace: 'default', pod: 'web', instance: 'latest' }],
    ['web --instance all', { namespace: 'default', pod: 'web', instance: 'all' }],
    [
      'web --grep -x --ignore-case --invert',
      { namespace: 'default', pod: 'web', grep: '-x', ignoreCase: true, invert: true },
    ],
    ['web --grep x --around 2', { namespace: 'default', pod: 'web', grep: 'x', before: 2, after: 2 }],
    ['web --grep x --before 2 --after 1', { namespace: 'default', pod: 'web', grep: 'x', before: 2, after: 1 }],
    ['web --until 90s', { namespace: 'default', pod: 'web', until: '2026-01-31T11:58:30.000Z' }],
    [
      'web --stream stderr --until 2026-01-31T12:00:00Z',
      { namespace: 'default', pod: 'web', stream: 'stderr', until: '2026-01-31T12:00:00Z' },
    ],
  ];
  for (const [line, request] of cases) assert.deepEqual(asked(line), request, line);
});

test('what does not go together is refused, in the words of kubectl where it has them', () => {
  const cases: [line: string, message: RegExp][] = [
    ['', /POD or TYPE\/NAME is a required argument for the logs command/],
    ['web -l a=b', /only a selector \(-l\) or a POD name is allowed/],
    ['web app -c app', /only one of -c or an inline \[CONTAINER\] arg is allowed/],
    ['web -c app --all-containers', /--all-containers=true should not be specified with container name app/],
    [
      'web --since 1m --since-time 2026-01-31T12:00:00Z',
      /at most one of `sinceTime` or `sinceSeconds` may be specified/,
    ],
    ['web --tail -2', /--tail must be greater than or equal to -1/],
    ['web --limit-bytes -1', /whole number/],
    ['a/b/c', /may not have more than one slash/],
    ['a/', /must have a single resource and name/],
    ['svc/web', /what it selects is not stored/],
    ['web --since-time yesterday', /--since-time wants a time like/],
    ['web -p --instance 2', /--previous and --instance exclude each other/],
    ['web --instance first', /wants all, latest, -N or N/],
    ['web --before 2', /--before says something about --grep, which is not given/],
    ['web --ignore-case', /--ignore-case says something about --grep/],
    ['web --grep x --around 1 --after 2', /--around excludes/],
    ['web --until yesterday', /--until: "yesterday" is no time; write how long ago, like 2h, or when/],
    ['web -f --until 2026-01-31T12:00:00Z', /--follow and --until exclude each other/],
    ['web --stream both', /Allowed choices are stdout, stderr/],
    ['web --nope', /unknown option '--nope'/],
    ['a b c', /too many arguments/],
  ];
  for (const [line, message] of cases) assert.throws(() => asked(line), message, line);
});
