import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { windowLimits } from './limits.ts';
import { type Point, PointRows, type ScrapeTime } from './point-rows.ts';

const limits = windowLimits(15_000);
const originMs = 1_700_000_000_000;

interface Step {
  scrapeMs: number;
  point: Point;
}

/** The rules once more, over the whole history of points, with nothing kept from step to step. */
function expected(history: readonly Step[]) {
  const believed = history.filter(({ scrapeMs, point }) => Math.abs(point.timeMs - scrapeMs) <= limits.clockSkewMsMax);
  const moved = believed.filter(({ point }, at) => at === 0 || point.timeMs !== believed[at - 1]!.point.timeMs);
  const windows = moved.flatMap(({ scrapeMs, point }, at) => {
    const before = moved[at - 1]?.point;
    const pair =
      before !== undefined &&
      point.timeMs > before.timeMs &&
      point.timeMs - before.timeMs <= limits.windowMsMax &&
      point.cpuNanos >= before.cpuNanos &&
      (Number.isNaN(point.startMs) || point.startMs < before.timeMs);
    const ageMs = point.timeMs - point.startMs;
    const fresh = ageMs >= limits.freshAgeMsMin && ageMs < limits.freshAgeMsMax;
    if (!pair && !fresh) return [];
    const [sinceMs, sinceNanos] = pair ? [before.timeMs, before.cpuNanos] : [point.startMs, 0];
    const windowMs = point.timeMs - sinceMs;
    const cpuNanocores = Math.trunc((point.cpuNanos - sinceNanos) / (windowMs / 1000));
    return [
      { cameAtMs: scrapeMs, usage: { timeMs: point.timeMs, windowMs, cpuNanocores, memoryBytes: point.memoryBytes } },
    ];
  });
  return windows.at(-1);
}

/** Histories in which everything goes wrong now and then, but most steps are ordinary. */
const histories = fc
  .array(
    fc.record({
      waitMs: fc.oneof({ weight: 5, arbitrary: fc.constant(15_000) }, fc.integer({ min: 1, max: 200_000 })),
      event: fc.constantFrom('runs', 'runs', 'runs', 'restarts', 'falls', 'stands', 'set back', 'far off', 'no start'),
      cpuNanos: fc.integer({ min: 0, max: 30e9 }),
      lagMs: fc.integer({ min: 0, max: 12_000 }),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((events) => {
    const steps: Step[] = [];
    let [scrapeMs, cpuNanos, runMs, offMs] = [originMs, 1e9, originMs - 3_600_000, 0];
    for (const { waitMs, event, cpuNanos: more, lagMs } of events) {
      scrapeMs += waitMs;
      let timeMs = scrapeMs - lagMs + offMs;
      cpuNanos += more;
      if (event === 'restarts') [runMs, cpuNanos] = [timeMs - (more % 25_000), more % 5e9];
      if (event === 'falls') cpuNanos = Math.trunc(cpuNanos / 2);
      if (event === 'stands') timeMs = steps.at(-1)?.point.timeMs ?? timeMs;
      if (event === 'set back') offMs -= 50_000;
      if (event === 'far off') timeMs += more % 2 === 0 ? 301_000 : -320_000;
      const startMs = event === 'no start' || runMs > timeMs ? Number.NaN : runMs;
      steps.push({ scrapeMs, point: { timeMs, cpuNanos, memoryBytes: more, startMs } });
    }
    return steps;
  });

test('any history of points leaves the window that the rules give', () => {
  fc.assert(
    fc.property(histories, fc.integer({ min: 0, max: 120_000 }), (history, laterMs) => {
      const rows = new PointRows(limits);
      rows.clear(3, 0);
      for (const { scrapeMs, point } of history) rows.observe(3, point, at(scrapeMs));
      const nowMs = history.at(-1)!.scrapeMs + laterMs;
      const window = expected(history);
      const served = window !== undefined && nowMs - window.cameAtMs <= limits.pointAgeMsMax;
      assert.deepEqual(rows.usage(3, nowMs), served ? window.usage : undefined);
      assert.equal(rows.why(3, nowMs) === 'Served', served);
    }),
  );
});

test('what is served is never negative and never of no time', () => {
  fc.assert(
    fc.property(histories, (history) => {
      const rows = new PointRows(limits);
      rows.clear(0, 0);
      for (const { scrapeMs, point } of history) {
        rows.observe(0, point, at(scrapeMs));
        const usage = rows.usage(0, scrapeMs);
        if (usage) assert.ok(usage.windowMs > 0 && usage.cpuNanocores >= 0 && usage.windowMs <= limits.windowMsMax);
      }
    }),
  );
});

test('a slot that is cleared for somebody else has nothing of the one before', () => {
  const rows = new PointRows(limits);
  rows.clear(0, 0);
  for (const step of [0, 1])
    rows.observe(
      0,
      { timeMs: originMs + step * 15_000, cpuNanos: step, memoryBytes: 1, startMs: Number.NaN },
      at(originMs + step * 15_000),
    );
  assert.equal(rows.why(0, originMs + 15_000), 'Served');
  rows.clear(0, originMs);
  assert.equal(rows.usage(0, originMs + 15_000), undefined);
  assert.equal(rows.why(0, originMs + 15_000), 'NotOnPage');
});

function at(ms: number): ScrapeTime {
  return { wallMs: ms, monotonicMs: ms };
}
