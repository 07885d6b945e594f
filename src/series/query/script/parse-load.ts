import { parsePrometheusDurationMs } from '../../../base/prometheus-duration.ts';
import { Labels } from '../labels/labels.ts';
import { metricName } from '../labels/matcher.ts';
import type { MemorySample } from '../memory-source.ts';
import type { LoadCommand } from './commands.ts';
import type { ScriptLines } from './parse-script.ts';
import { parseSeriesLine } from './series-line.ts';
import { parseStartLine } from './start-line.ts';

const LOAD = /^load(?:_(with_nhcb))?\s+(.+?)$/;

export function parseLoad(line: string, lines: ScriptLines): LoadCommand {
  const parts = LOAD.exec(line);
  if (parts === null) throw new Error('invalid load command. (load[_with_nhcb] <step:duration>)');
  const stepMs = parsePrometheusDurationMs(parts[2]!);
  const series: LoadCommand['series'] = [];
  let starts: ReturnType<typeof parseStartLine>;
  for (let text = lines.takeWithin(); text !== undefined; text = lines.takeWithin()) {
    const startLine = parseStartLine(text);
    if (startLine !== undefined) {
      starts = startLine;
      continue;
    }
    const { labels, values } = parseSeriesLine(text);
    if (starts !== undefined && (starts.labels.key !== labels.key || starts.offsetsMs.length !== values.length)) {
      throw new Error('an @st line must be followed by the samples of the same metric, as many as it has times');
    }
    series.push({ labels, samples: samplesOf(values, stepMs, starts?.offsetsMs) });
    starts = undefined;
  }
  if (parts[1] !== undefined) series.push(...nativeCopies(series));
  return { kind: 'load', series };
}

function samplesOf(
  values: ReturnType<typeof parseSeriesLine>['values'],
  stepMs: number,
  starts?: (number | undefined)[],
): MemorySample[] {
  return values.flatMap((value, at): MemorySample[] => {
    if (value === 'omitted') return [];
    const timeMs = at * stepMs;
    const start = starts?.[at];
    return [start === undefined ? { timeMs, value } : { timeMs, value, startMs: timeMs + start }];
  });
}

/** load_with_nhcb makes native histograms of classic ones: a series of the base name, without `le`. */
function nativeCopies(series: LoadCommand['series']): LoadCommand['series'] {
  return series.flatMap(({ labels, samples }) => {
    const base = /^(.+)_(?:bucket|count|sum)$/.exec(labels.get(metricName))?.[1];
    if (base === undefined) return [];
    const copy = Labels.from([...labels.drop(new Set(['le'])).entries(), [metricName, base]]);
    const marks = samples
      .filter(({ value }) => value !== 'stale')
      .map(({ timeMs }): MemorySample => ({ timeMs, value: 'histogram' }));
    return [{ labels: copy, samples: marks }];
  });
}
