import assert from 'node:assert/strict';
import test from 'node:test';
import { createMatcher } from '../../query/query.ts';
import { defaultSeriesSettings } from '../../store/open.ts';
import { openTestStore, standingClock, temporaryDirectory } from '../../store/store-fixture.ts';
import { compileRelabel, relabelDefaults } from '../relabel/relabel.ts';
import { RecordingStore } from '../store-fixture.ts';
import { type IngestRules, TargetSeries } from './target-series.ts';

const rules: IngestRules = {
  honorLabels: false,
  honorTimestamps: true,
  trackTimestampsStaleness: false,
  metricRelabel: () => true,
  samplesMax: 0,
  labelsMax: 0,
  labelNameLengthMax: 0,
  labelValueLengthMax: 0,
};
const target: [string, string][] = [
  ['instance', 'i'],
  ['job', 'j'],
];

function setUp(changed: Partial<IngestRules> = {}) {
  const store = new RecordingStore();
  const series = new TargetSeries(store.store, 'tenant', target, { ...rules, ...changed }, () => 0.5);
  const scrape = async (text: string, timeMs: number, format: 'text' | 'openmetrics' = 'text') => {
    const counts = series.read(Buffer.from(text), format, timeMs);
    const stored = await series.commit();
    return { ...counts, ...stored };
  };
  return { store, series, scrape };
}

const own = (name: string, labels = '') => `{__name__="${name}", ${labels}instance="i", job="j"}`;

test('samples get the labels of their target and the time of the scrape', async () => {
  const { store, scrape } = setUp();
  const counts = await scrape('a 1\nb{x="y"} 2 500\n', 1000);
  assert.deepEqual(store.samples, [
    { series: own('a'), timeMs: 1000, value: 1 },
    { series: '{__name__="b", instance="i", job="j", x="y"}', timeMs: 500, value: 2 },
  ]);
  assert.deepEqual([counts.scraped, counts.kept, counts.seriesAdded, counts.problem], [2, 2, 2, undefined]);
});

test('a page of known series asks the store for nothing, in whatever order they come', async () => {
  const { store, scrape } = setUp();
  const lines = Array.from({ length: 3000 }, (_, at) => `m{n="${at}"} ${at}\n`);
  await scrape(lines.join(''), 1000);
  assert.equal(store.seriesAsked, 3000);
  const counts = await scrape(lines.toReversed().join(''), 2000);
  assert.equal(store.seriesAsked, 3000);
  assert.equal(counts.seriesAdded, 0);
  assert.equal(counts.taken, 3000);
  assert.deepEqual(store.at(2000).at(-1), '{__name__="m", instance="i", job="j", n="0"} 0');
});

test('a series that vanishes ends with a marker, once, and may come back', async () => {
  const { store, scrape } = setUp();
  await scrape('a 1\nb 1\n', 1000);
  await scrape('a 2\n', 2000);
  await scrape('a 3\n', 3000);
  await scrape('a 4\nb 4\n', 4000);
  assert.deepEqual(store.at(2000), [`${own('a')} 2`, `${own('b')} stale`]);
  assert.deepEqual(store.at(3000), [`${own('a')} 3`]);
  assert.deepEqual(store.at(4000), [`${own('a')} 4`, `${own('b')} 4`]);
});

test('series with timestamps of their own end without a marker, unless that is asked for', async () => {
  for (const trackTimestampsStaleness of [false, true]) {
    const { store, scrape } = setUp({ trackTimestampsStaleness });
    await scrape('a 1 900\n', 1000);
    await scrape('b 1\n', 2000);
    assert.deepEqual(store.at(2000).includes(`${own('a')} stale`), trackTimestampsStaleness);
  }
  const { store, scrape } = setUp({ honorTimestamps: false });
  await scrape('a 1 900\n', 1000);
  assert.deepEqual(store.at(1000), [`${own('a')} 1`]);
});

test('a page that cannot be read stores nothing, and every series ends', async () => {
  const { store, scrape } = setUp();
  await scrape('a 1\nb 1\n', 1000);
  const counts = await scrape('a 2\nb{ 2\n', 2000);
  assert.equal(counts.problem, 'line 2, character 4: a label name or a closing brace is expected');
  assert.deepEqual(store.at(2000), [`${own('a')} stale`, `${own('b')} stale`]);
  await scrape('a 3\n', 3000);
  assert.deepEqual(store.at(3000), [`${own('a')} 3`], 'b is not ended twice');
});

test('labels that page and target both have: the page’s are exported, or honoured', async () => {
  const page = 'a{job="x",exported_job="y",instance="z"} 1\n';
  const exported = setUp();
  await exported.scrape(page, 1000);
  assert.deepEqual(exported.store.at(1000), [
    '{__name__="a", exported_exported_job="x", exported_instance="z", exported_job="y", instance="i", job="j"} 1',
  ]);
  const honoured = setUp({ honorLabels: true });
  await honoured.scrape(page, 1000);
  assert.deepEqual(honoured.store.at(1000), ['{__name__="a", exported_job="y", instance="z", job="x"} 1']);
});

test('limits refuse the page as a whole and say by how much', async () => {
  const page = 'a{name="value"} 1\nb 2\n';
  const problems: [Partial<IngestRules>, string][] = [
    [{ samplesMax: 1 }, 'sample_limit exceeded: the page has 2 samples, the limit is 1'],
    [{ labelsMax: 3 }, 'label_limit exceeded: a series of a has 4 labels, the limit is 3'],
    [{ labelNameLengthMax: 7 }, 'label_name_length_limit exceeded: a label name of a has 8 bytes, the limit is 7'],
    [
      { labelValueLengthMax: 4 },
      "label_value_length_limit exceeded: the value of a's label name has 5 bytes, the limit is 4",
    ],
  ];
  for (const [changed, problem] of problems) {
    const { store, scrape } = setUp(changed);
    const counts = await scrape(page, 1000);
    assert.equal(counts.problem, problem);
    assert.deepEqual(store.samples, []);
  }
});

test('relabelling drops samples, and a dropped series is remembered as such', async () => {
  const rule = { ...relabelDefaults, sourceLabels: ['__name__'], action: 'drop', regex: 'b.*' } as const;
  const { store, scrape } = setUp({ metricRelabel: compileRelabel([rule]), samplesMax: 1 });
  for (const timeMs of [1000, 2000]) {
    const counts = await scrape('a 1\nb1 1\nb2 1\n', timeMs);
    assert.deepEqual([counts.scraped, counts.kept], [3, 1]);
    assert.deepEqual(store.at(timeMs), [`${own('a')} 1`]);
  }
});

test('a series twice on a page is stored once and counted; with timestamps of its own it may be there twice', async () => {
  const { store, scrape } = setUp();
  const counts = await scrape('a 1\na 2\nb 1 10\nb 2 20\n', 1000);
  assert.equal(counts.duplicates, 1);
  assert.equal(store.samples.length, 3);
  assert.match((await scrape('c{d="1",d="2"} 1\n', 2000)).problem!, /the label "d" is written twice/);
});

test('series that the store has no room for are counted and asked for again; the others are stored', async () => {
  const { store, scrape } = setUp();
  store.seriesMax = 2;
  const first = await scrape('a 1\nb 1\nc 1\n', 1000);
  assert.deepEqual([first.taken, first.refusedSeries, first.refusal], [2, 1, 'there are 2 series already']);
  store.seriesMax = 3;
  const second = await scrape('a 2\nb 2\nc 2\n', 2000);
  assert.deepEqual([second.taken, second.refusedSeries, second.refusal], [3, 0, null]);
});

test('series that the store has let go of are made again, markers and the scraper’s own too', async () => {
  const { store, series, scrape } = setUp();
  series.read(Buffer.from('a 1\nb 1\n'), 'text', 1000);
  series.report({ up: 1 }, 1000);
  await series.commit();
  store.forget();
  series.read(Buffer.from('a 2\n'), 'text', 2000);
  series.report({ up: 1 }, 2000);
  const stored = await series.commit();
  assert.equal(stored.taken, 3);
  assert.deepEqual(stored.unknownRefs, []);
  assert.deepEqual(store.at(2000), [`${own('a')} 2`, `${own('b')} stale`]);
  assert.equal(store.own('up', 2000), 1);
  assert.equal((await scrape('a 3\n', 3000)).taken, 1);
});

test('types make bounds uniform, and metadata goes to the store once', async () => {
  const { store, scrape } = setUp();
  await scrape('# HELP h Of h.\n# TYPE h histogram\nh_bucket{le="1"} 1\nh_bucket{le="+Inf"} 1\n', 1000);
  assert.deepEqual(store.at(1000)[0], '{__name__="h_bucket", instance="i", job="j", le="1.0"} 1');
  assert.deepEqual(store.metadata.get('h'), { type: 'histogram', help: 'Of h.', unit: '' });
});

test('a series that one format allows is not known in the other', async () => {
  const { scrape } = setUp();
  const page = 'a {x="1"} 1\n';
  for (const timeMs of [1000, 2000]) assert.equal((await scrape(page, timeMs)).problem, undefined);
  assert.match((await scrape(`${page}# EOF\n`, 3000, 'openmetrics')).problem!, /^line 1, character 3: /);
  assert.equal((await scrape('a{x="1"} 1\n# EOF\n', 4000, 'openmetrics')).problem, undefined);
  assert.equal((await scrape(page, 5000)).problem, undefined);
});

test('the start timestamps of OpenMetrics go to the series of their metric', async () => {
  const { store, scrape } = setUp();
  const page = [
    '# TYPE a counter',
    'a_total{x="1"} 5',
    'a_created{x="1"} 1.5',
    'a_total{x="2"} 6',
    '# TYPE h histogram',
    'h_bucket{le="+Inf"} 1',
    'h_count 1',
    'h_sum 2',
    'h_created 2.25',
    '# EOF\n',
  ].join('\n');
  for (const timeMs of [10_000, 20_000]) {
    await scrape(page, timeMs, 'openmetrics');
    const starts = store.samples.filter((sample) => sample.timeMs === timeMs).map(({ startMs }) => startMs);
    assert.deepEqual(starts, [1500, undefined, undefined, 2250, 2250, 2250, undefined]);
  }
});

test('series that come and go do not stay in memory', async () => {
  const { series, scrape } = setUp();
  for (let round = 0; round < 10; round++) {
    const lines = Array.from({ length: 1000 }, (_, at) => `m{n="${round}-${at}"} ${at}\n`);
    const counts = await scrape(`${lines.join('')}stays 1\n`, round * 1000);
    assert.equal(counts.seriesAdded, round === 0 ? 1001 : 1000);
  }
  assert.ok(series.size < 3100, `${series.size} series`);
});

test('a page that explodes into series is refused by the store’s limit, and the series of before go on', async (t) => {
  const directory = temporaryDirectory();
  t.after(() => directory.remove());
  const settings = { limits: { ...defaultSeriesSettings.limits, seriesMax: 100 } };
  const store = await openTestStore(directory.path, { settings });
  t.after(() => store.close());
  const series = new TargetSeries(store, 'tenant', target, rules, () => 0.5);
  const nowMs = standingClock().nowMs();
  series.read(Buffer.from('good 1\n'), 'text', nowMs);
  await series.commit();
  const explosion = Array.from({ length: 5000 }, (_, at) => `bad{id="${at}"} 1\n`).join('');
  for (const scrape of [1, 2]) {
    series.read(Buffer.from(`${explosion}good ${scrape + 1}\n`), 'text', nowMs + scrape);
    const stored = await series.commit();
    assert.deepEqual([stored.taken, stored.refusedSeries], [100, 4901]);
    assert.match(stored.refusal!, /100/);
  }
  const scope = { tenant: 'tenant', namespaces: '*' as const };
  const [good] = await store.select(scope, [createMatcher('=', '__name__', 'good')], nowMs - 10, nowMs + 10);
  assert.deepEqual([...good!.values], [1, 2, 3]);
});
