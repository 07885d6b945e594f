import { messageOf } from '../../../base/fault.ts';
import { formatPrometheusDuration, parsePrometheusDurationMs } from '../../../base/prometheus-duration.ts';
import type { JobConfig } from '../config/config.ts';
import type { LabelMap, Relabel } from '../relabel/relabel.ts';

/** Something to scrape, as discovery and relabelling made it. */
export interface Target {
  /** The same for what is scraped in the same way into the same series. */
  key: string;
  labelsKey: string;
  url: URL;
  /** As its series carry them, sorted by name. */
  labels: readonly (readonly [string, string])[];
  /** Before relabelling. */
  discovered: Readonly<Record<string, string>>;
  intervalMs: number;
  timeoutMs: number;
}

/** What became of a discovered address. */
export type Populated = { target: Target } | { dropped: Readonly<Record<string, string>> } | { error: string };

/** Adds the job's labels, relabels, and makes the address a target; the labels that begin with `__` end here. */
export function populate(job: JobConfig, relabel: Relabel, found: Readonly<Record<string, string>>): Populated {
  const labels: LabelMap = new Map(Object.entries(found));
  for (const [name, value] of jobLabels(job)) if ((labels.get(name) ?? '') === '') labels.set(name, value);
  for (const [name, value] of labels) if (value === '') labels.delete(name);
  const discovered = Object.fromEntries([...labels].sort(byName));
  if (!relabel(labels)) return { dropped: discovered };
  try {
    return { target: targetOf(job, labels, discovered) };
  } catch (error) {
    return { error: `${discovered.__address__ ?? 'a target'}: ${(error as Error).message}` };
  }
}

function jobLabels(job: JobConfig): [string, string][] {
  return [
    ['job', job.jobName],
    ['__scrape_interval__', formatPrometheusDuration(job.intervalMs)],
    ['__scrape_timeout__', formatPrometheusDuration(job.timeoutMs)],
    ['__metrics_path__', job.metricsPath],
    ['__scheme__', job.scheme],
    ...Object.entries(job.params).map(([name, values]): [string, string] => [`__param_${name}`, values[0] ?? '']),
  ];
}

function targetOf(job: JobConfig, labels: LabelMap, discovered: Readonly<Record<string, string>>): Target {
  const address = labels.get('__address__') ?? '';
  if (address === '') throw new Error('no address');
  if (address.includes('/')) throw new Error(`${JSON.stringify(address)} is not a valid address: it has a slash`);
  const intervalMs = durationOf(labels, '__scrape_interval__');
  const timeoutMs = durationOf(labels, '__scrape_timeout__');
  if (timeoutMs > intervalMs)
    throw new Error(
      `scrape timeout cannot be greater than scrape interval (${timeoutMs / 1000} s > ${intervalMs / 1000} s)`,
    );
  const url = urlOf(job, labels, address);
  if (!labels.has('instance')) labels.set('instance', address);
  const own = [...labels].filter(([name]) => !name.startsWith('__')).sort(byName);
  const labelsKey = JSON.stringify(own);
  return {
    key: `${labelsKey} ${url.href} ${intervalMs} ${timeoutMs}`,
    labelsKey,
    url,
    labels: own,
    discovered,
    intervalMs,
    timeoutMs,
  };
}

function urlOf(job: JobConfig, labels: LabelMap, address: string): URL {
  const scheme = labels.get('__scheme__') ?? '';
  if (scheme !== 'http' && scheme !== 'https')
    throw new Error(`the scheme ${JSON.stringify(scheme)} is none of http, https`);
  const text = `${scheme}://${address}/`;
  if (!URL.canParse(text)) throw new Error(`${JSON.stringify(address)} is not a valid address`);
  const url = new URL(text);
  url.pathname = labels.get('__metrics_path__') ?? '';
  const params = new Map(Object.entries(job.params).map(([name, values]) => [name, [...values]]));
  for (const [label, value] of labels) {
    if (!label.startsWith('__param_')) continue;
    const name = label.slice('__param_'.length);
    params.set(name, [value, ...(params.get(name) ?? []).slice(1)]);
  }
  for (const [name, values] of [...params].sort(byName))
    for (const value of values) url.searchParams.append(name, value);
  return url;
}

function durationOf(labels: LabelMap, name: string): number {
  const durationMs = durationOrWhy(name, labels.get(name) ?? '');
  if (durationMs === 0) throw new Error(`${name} cannot be 0`);
  return durationMs;
}

function durationOrWhy(name: string, text: string): number {
  try {
    return parsePrometheusDurationMs(text);
  } catch (error) {
    throw new Error(`${name} is not a duration: ${messageOf(error)}`);
  }
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
