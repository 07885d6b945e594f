/** The figures as rows of the table, a peer's beside ours. */
import { type Row, row } from '../table.ts';
import type { QueryFigures } from './ask-all.ts';
import type { Loaded } from './load.ts';
import type { ManyStreams } from './many-streams.ts';
import type { Peer } from './peers.ts';

/** Targets that are a part of the peer's figure have none where there is no peer. */
const pushRateMin = 1.5;
const nativeRateMin = 5;
const diskMax = 0.75;
const queryMeanMax = 0.5;
const peakBytesMax = 400e6;
const listMsMax = 200;

const linesRate = (value: number) => `${(value / 1000).toFixed(0)} k lines/CPU-s`;
const cpuSeconds = (value: number) => `${value.toFixed(1)} CPU-s`;
const megabytes = (value: number) => `${(value / 1e6).toFixed(0)} MB`;
const ms = (value: number) => `${value.toFixed(1)} ms`;
export const ratio = (value: number) => `${value.toFixed(2)}×`;

const rateOf = ({ lines, ingestCpuSeconds }: Loaded) => lines / ingestCpuSeconds;
const totalOf = ({ ingestCpuSeconds, mergingCpuSeconds }: Loaded) => ingestCpuSeconds + mergingCpuSeconds;

/** With the peer's own figure, and how many times it ours is. */
function beside(
  what: string,
  value: number,
  peer: number | undefined,
  share: number | null,
  show: (value: number) => string,
  atLeast = false,
): Row {
  if (peer === undefined) return row(what, value, null, show, atLeast);
  const own = row(what, value, share === null ? null : share * peer, show, atLeast);
  return { ...own, peer: `${show(peer)} (${ratio(value / peer)})` };
}

export function loadRows(pushed: Loaded, native: Loaded | undefined, theirs: Loaded | undefined): Row[] {
  const their = theirs && { rate: rateOf(theirs), total: totalOf(theirs), disk: theirs.diskBytes };
  const rows = [
    beside(
      `push of ${pushed.lines} lines, until acknowledged`,
      rateOf(pushed),
      their?.rate,
      pushRateMin,
      linesRate,
      true,
    ),
    beside('  ingest and merging together', totalOf(pushed), their?.total, 1, cpuSeconds),
    beside(
      '  of it merging after the last line',
      pushed.mergingCpuSeconds,
      theirs?.mergingCpuSeconds,
      null,
      cpuSeconds,
    ),
    beside('  disk, merged', pushed.diskBytes, their?.disk, diskMax, megabytes),
  ];
  if (!native) return rows;
  return [
    ...rows,
    beside("an agent's batches, until acknowledged", rateOf(native), their?.rate, nativeRateMin, linesRate, true),
    beside('  ingest and merging together', totalOf(native), their?.total, 1, cpuSeconds),
    beside('  disk, merged', native.diskBytes, their?.disk, diskMax, megabytes),
  ];
}

/** `at` is which of our servers; the peer is the last one, if there is one. */
export function queryRows(peers: readonly Peer[], figures: readonly QueryFigures[], at: number): Row[] {
  const theirs = peers.at(-1)!.isOurs ? undefined : peers.length - 1;
  const rows = figures.map((each): Row => {
    const { query, warmMs, found } = each;
    const own = row(`${query.name} (${found})`, warmMs[at]!, theirs === undefined ? null : warmMs[theirs]!, ms);
    if (theirs === undefined) return { ...own, figure: timesText(each, at) };
    return {
      ...own,
      figure: timesText(each, at),
      peer: `${timesText(each, theirs)} (${ratio(warmMs[at]! / warmMs[theirs]!)})`,
    };
  });
  if (theirs === undefined) return rows;
  const ratios = (of: (figures: QueryFigures) => number[]) => figures.map((each) => of(each)[at]! / of(each)[theirs]!);
  const warm = ratios(({ warmMs }) => warmMs);
  return [
    ...rows,
    row('all queries, geometric mean of the ratios', geometricMean(warm), queryMeanMax, ratio),
    row('  cold', geometricMean(ratios(({ coldMs }) => coldMs)), queryMeanMax, ratio),
    row('  CPU time', geometricMean(ratios(({ cpuMs }) => cpuMs)), null, ratio),
    row('  the worst of them', Math.max(...warm), 1, ratio),
  ];
}

function timesText({ warmMs, coldMs, cpuMs }: QueryFigures, at: number): string {
  return `${ms(warmMs[at]!)}, cold ${coldMs[at]!.toFixed(0)}, CPU ${cpuMs[at]!.toFixed(1)}`;
}

export function memoryRow(what: string, ours: number, theirs: number | undefined): Row {
  const own = row(what, ours, peakBytesMax, megabytes);
  return theirs === undefined ? own : { ...own, peer: `${megabytes(theirs)} (${ratio(ours / theirs)})` };
}

/** `few` is what the same server did with few streams. */
export function streamRows(ours: ManyStreams, few: Loaded, theirs: ManyStreams | undefined): Row[] {
  const rate = rateOf(ours.loaded);
  return [
    beside(`push into ${ours.streams} streams`, rate, theirs && rateOf(theirs.loaded), null, linesRate, true),
    row('  of the rate with few streams', rate / rateOf(few), 0.5, ratio, true),
    beside('  ingest and merging together', totalOf(ours.loaded), theirs && totalOf(theirs.loaded), null, cpuSeconds),
    ...ours.lists.map(({ name, ms: own }, i) => {
      const listed = row(`  ${name}`, own, listMsMax, ms);
      return theirs ? { ...listed, peer: `${ms(theirs.lists[i]!.ms)} (${ratio(own / theirs.lists[i]!.ms)})` } : listed;
    }),
  ];
}

function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
