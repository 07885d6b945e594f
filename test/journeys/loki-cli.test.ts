import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type LokiServer, startLokiServer } from './loki-server.ts';
import { Running, run, taffrail, until } from './processes.ts';

/* The commands that ask for logs, as processes of their own. */

let server: LokiServer;
const ends: (() => unknown)[] = [];
const nowMs = Date.now();
/** Seconds after the start of 2024, from which the cluster's seconds count. */
const second = Math.floor((nowMs - Date.UTC(2024, 0, 1)) / 1000);
const iso = (minutesAgo: number) => new Date(nowMs - minutesAgo * 60_000).toISOString();
const ns = (msAgo: number) => BigInt(nowMs - msAgo) * 1_000_000n;

before(async () => {
  server = await startLokiServer({ after: (fn) => ends.push(fn) });
  const { cluster } = server;
  const rollout = async (hash: string, name: string, agoSeconds: number, lines: readonly string[]) => {
    const owners = [
      { kind: 'ReplicaSet', name: `web-${hash}`, uid: `rs-${hash}` },
      { kind: 'Deployment', name: 'web', uid: 'd' },
    ];
    await cluster.pod(name, { namespace: 'shop', labels: { app: 'web', 'pod-template-hash': hash }, owners });
    const id = await cluster.run({ pod: name, namespace: 'shop', second: second - agoSeconds });
    for (let at = 0; at < 5; at++) await cluster.write(id, lines, second - agoSeconds + at * 60);
    return id;
  };
  await rollout('6d4cf', 'web-6d4cf-a', 1500, [
    'level=info msg=served took=12ms',
    'level=warn msg="cache is cold" shard=3',
  ]);
  const id = await rollout('7f9b2', 'web-7f9b2-b', 900, [
    'level=info msg=served took=13ms',
    'level=info msg=served took=14ms',
    'level=info msg=served took=15ms',
    'level=error msg="cannot reach payments" attempt=2',
  ]);
  await cluster.gap(id);
  await server.push({ app: 'job', env: 'prod' }, [
    [ns(50_000), '{"level":"info","n":1}'],
    [ns(40_000), '{"level":"error","n":2}'],
  ]);
});
after(async () => {
  for (const end of ends.reverse()) await end();
});

async function well(...args: string[]): Promise<{ text: string; stderr: string }> {
  const { code, text, stderr } = await server.taffrail(...args);
  assert.equal(code, 0, `taffrail ${args.join(' ')}: ${stderr}`);
  return { text, stderr };
}

async function badly(code: number, message: RegExp, ...args: string[]): Promise<void> {
  const finished = await server.taffrail(...args);
  assert.equal(finished.code, code, finished.stderr);
  assert.match(finished.stderr, message);
  assert.equal(finished.text, '');
}

test('query prints lines: by default, raw, jsonl, json and as a table', async () => {
  const query = '{app="job"} | json';
  const byDefault = await well('query', query);
  assert.match(byDefault.text, /^\S+Z \{level="info", n="1"\} \{"level":"info","n":1\}\n\S+Z \{level="error", n="2"\}/);
  assert.equal((await well('query', query, '-o', 'raw')).text, '{"level":"info","n":1}\n{"level":"error","n":2}\n');
  const [first] = (await well('query', query, '-o', 'jsonl')).text.split('\n').map((line) => line && JSON.parse(line));
  assert.deepEqual([first.labels.app, first.labels.n, first.line], ['job', '1', '{"level":"info","n":1}']);
  const { resultType, result } = JSON.parse((await well('query', query, '-o', 'json')).text);
  assert.deepEqual([resultType, result.length], ['streams', 2]);
  const table = await well('query', query, '-o', 'table');
  assert.match(table.text, /^TIME +LEVEL +N +LINE\n/);
});

test('query honours --limit, --since and --until, and says what it left out', async () => {
  const last = await well('query', '{app="job"}', '--limit', '1', '-o', 'raw');
  assert.equal(last.text, '{"level":"error","n":2}\n');
  assert.match(last.stderr, /The last line; --limit N shows more/);
  const early = await well('query', '{app="job"}', '--until', new Date(nowMs - 45_000).toISOString(), '-o', 'raw');
  assert.equal(early.text, '{"level":"info","n":1}\n');
  const none = await well('query', '{app="job"}', '--since', '1ms');
  assert.deepEqual([none.text, none.stderr], ['', 'No lines found.\n']);
});

test('query prints numbers: a table at one time, a chart over a range, csv, json and yaml', async () => {
  const query = 'sum by (level) (count_over_time({app="job"} | json [5m]))';
  assert.match((await well('query', query)).text, /^LEVEL +VALUE\nerror +1\ninfo +1\n$/);
  const chart = await well('query', query, '--since', '10m', '--step', '1m');
  assert.match(chart.text, /[⠀-⣿]/, 'drawn');
  assert.match(chart.text, /LEVEL +MIN +MAX +LAST +TREND/);
  assert.match((await well('query', query, '--since', '5m', '-o', 'table')).text, /[▁-█]/);
  assert.match((await well('query', query, '-o', 'csv')).text, /^level,time,value\nerror,\S+Z,1\n/);
  assert.equal(JSON.parse((await well('query', query, '-o', 'json')).text).resultType, 'vector');
  assert.match((await well('query', query, '-o', 'yaml')).text, /^resultType: vector\n/);
});

test('--stats says what a query cost, and warnings say what is missing', async () => {
  const { stderr, text } = await well('query', '{pod="web-7f9b2-b"}', '--stats', '-o', 'raw');
  assert.match(stderr, /stats: .* read, \d+ of \d+ blocks opened, 20 of 20 lines matched, [\d.]+ ms/);
  assert.match(stderr, /warning: shop\/web-7f9b2-b app \(instance 0\): .* missing/);
  assert.equal(text.trimEnd().split('\n').length, 20);
});

test('--follow goes on with lines as they come, and ends with the interrupt', async () => {
  const following = new Running(taffrail, ['query', '{app="followed"}', '-f', '-o', 'raw', '--server', server.url]);
  await until('the tail is there', async () => {
    const { queries } = (await (await server.get('/taffrail/v1/queries')).json()) as { queries: { kind?: string }[] };
    return queries.some(({ kind }) => kind === 'tail');
  });
  await server.push({ app: 'followed' }, [[BigInt(Date.now()) * 1_000_000n, 'it has come']]);
  await until('the line is printed', () => following.stdout.toString() === 'it has come\n');
  const { code, signal } = await following.stop('SIGINT');
  assert.ok(code === 130 || code === 0 || signal === 'SIGINT', `${code} ${signal} ${following.stderr}`);
});

test('what is wrong with a query is said with its place, before anybody is asked', async () => {
  await badly(2, /parse error at line 1, col 11/, 'query', '{app="job"');
  await badly(2, /--step is for queries that give numbers/, 'query', '{app="job"}', '--step', '1m');
  await badly(2, /-o chart is not for a query for lines/, 'query', '{app="job"}', '-o', 'chart');
  await badly(2, /--since is later than --until/, 'query', '{app="job"}', '--since', '1m', '--until', '2m');
  await badly(2, /parse error/, 'patterns', '{app=');
});

test('labels and series list what there is', async () => {
  const names = (await well('labels')).text.trimEnd().split('\n');
  for (const name of ['app', 'env', 'namespace', 'service_name', 'taffrail_provenance'])
    assert.ok(names.includes(name), name);
  assert.equal((await well('labels', 'env', '--match', '{app="job"}')).text, 'prod\n');
  assert.deepEqual(JSON.parse((await well('labels', 'app', '-o', 'json', '--match', '{env="prod"}')).text), ['job']);
  assert.equal((await well('series', '{app="job"}')).text, '{app="job", env="prod", service_name="job"}\n');
  assert.equal((await well('series', '{app="job"}', '--until', '30m')).text, '');
  assert.equal(JSON.parse((await well('series', '-o', 'json')).text).length >= 5, true);
  await badly(1, /parse error/, 'series', '{');
});

test('fmt formats what it is given, or what standard input holds', async () => {
  const formatted = await run(taffrail, ['fmt', 'sum(rate({app="web"}|="x"[5m]))by(pod)']);
  assert.equal(formatted.stdout.toString(), 'sum by (pod) (rate({app="web"} |= "x" [5m]))\n');
  const piped = await run('sh', ['-c', `echo '{ app = "web" }|json' | "${taffrail}" fmt`]);
  assert.equal(piped.stdout.toString(), '{app="web"} | json\n');
  const wrong = await run(taffrail, ['fmt', 'sum(']);
  assert.notEqual(wrong.code, 0);
  assert.match(wrong.stderr, /parse error at line 1/);
});

test('patterns shows what lines have in common, the most frequent first', async () => {
  const { text } = await well('patterns', '{app="web"}');
  const rows = text.trimEnd().split('\n');
  assert.match(rows[0]!, /^LINES +SHARE +LEVEL +TREND +PATTERN$/);
  assert.match(rows[1]!, /^20 +66\.7% +info +\S.* {3}level=info msg=served took=<_>$/);
  assert.equal(rows.length, 4);
  const [most] = JSON.parse((await well('patterns', '{app="web"}', '-o', 'json', '--limit', '1')).text);
  assert.equal(most.pattern, 'level=info msg=served took=<_>');
});

test('patterns --diff tells what a time brought, and what a rollout brought', async () => {
  const times = await well('patterns', '{app="web"}', '--diff', `${iso(30)}..${iso(16)}`);
  assert.match(
    times.text,
    /^CHANGE +LEVEL +BEFORE +AFTER +RATE +PATTERN\nnew +error +0 +5 +- +level=error msg="cannot reach payments" attempt=<?/,
  );
  assert.match(times.text, /\ngone +warn +5 +0 +- +level=warn msg="cache is cold" shard=/);
  const rollout = await well('patterns', '--diff', 'deployment/web', '-n', 'shop');
  assert.match(rollout.stderr, /before, 6d4cf: 10 lines from .*\nafter, 7f9b2: 20 lines from /);
  assert.match(rollout.text, /\nnew +error .*cannot reach payments/);
  assert.match(rollout.text, /\ngone +warn .*cache is cold/);
  const named = await well(
    'patterns',
    '{app="web"} |= "served"',
    '--diff',
    'deploy/web@7f9..6d4',
    '-n',
    'shop',
    '--all',
    '-o',
    'json',
  );
  const { before, changes } = JSON.parse(named.text);
  assert.match(before.query, /pod=~"web-7f9b2-b".*\|= "served"$/);
  assert.deepEqual(
    changes.map(({ pattern, lines }: { pattern: string; lines: number[] }) => [pattern, lines[0]! >= 14, lines[1]]),
    [['level=info msg=served took=<_>', true, 5]],
  );
});

test('patterns --diff says what it cannot compare', async () => {
  await badly(2, /neither two times, like 2h\.\.1h, nor a workload/, 'patterns', '{app="web"}', '--diff', '2h');
  await badly(2, /A comes before B/, 'patterns', '{app="web"}', '--diff', '1h..2h');
  await badly(2, /say whose patterns/, 'patterns', '--diff', '2h..1h');
  await badly(
    1,
    /deployment\/nothing in shop: no pods of it are stored/,
    'patterns',
    '--diff',
    'deployment/nothing',
    '-n',
    'shop',
  );
  await badly(
    2,
    /no revision begins with ffff; there are 6d4cf, 7f9b2/,
    'patterns',
    '--diff',
    'deployment/web@ffff..7',
    '-n',
    'shop',
  );
  await badly(2, /go with --diff/, 'patterns', '{app="web"}', '--window', '1h');
});

test('queries lists what runs, and ends it', async () => {
  const following = new Running(taffrail, ['query', '{app="endless"}', '-f', '--server', server.url]);
  const id = await until(
    'it is listed',
    async () => /^(logql-\d+) +\S+ +running +\S+ +\{app="endless"\}$/m.exec((await well('queries')).text)?.[1],
  );
  assert.equal(JSON.parse((await well('queries', '-o', 'json')).text).queries[0].query, '{app="endless"}');
  assert.equal((await well('queries', 'cancel', id)).text, `${id} is ended\n`);
  await following.exited;
  const none = await well('queries');
  assert.deepEqual([none.text, none.stderr], ['', 'No queries are running.\n']);
  await badly(1, /no query logql-999 is running/, 'queries', 'cancel', 'logql-999');
});
