import type { BatchFrame, Cover, FactsFrame, Frame, FrameResult } from '../batch/batch.ts';
import type { Catalogue } from './catalogue.ts';
import type { Group } from './committer.ts';
import { Coverage } from './coverage.ts';
import { changeOf, faultOfCovers, faultOfFact, isSegment } from './facts.ts';
import type { InstanceRow } from './instance-table.ts';
import { recordKinds } from './record.ts';

const INT64_MAX = 2n ** 63n - 1n;
/** Runs of one segment with holes between them; an agent that reads files in order makes a handful. */
const coveragePiecesMax = 20_000;

/** Decides on each frame, and adds what is to be stored to the group. */
export function planFrames(
  catalogue: Catalogue,
  group: Group,
  tenant: string,
  frames: readonly Frame[],
): FrameResult[] {
  return frames.map((frame) => {
    const result =
      frame.kind === 'batch' ? planBatch(catalogue, group, tenant, frame) : planFacts(catalogue, group, tenant, frame);
    if (result.status === 'stored') {
      group.records.push({ kind: recordKinds.frame, tenant, payload: frame.bytes, frame });
    }
    return result;
  });
}

function planBatch(catalogue: Catalogue, group: Group, tenant: string, { header }: BatchFrame): FrameResult {
  const message = faultOfCovers(header.covers) ?? faultOfHeader(header);
  if (message !== undefined) return { status: 'refused', message };
  const instance = catalogue.instances.find(tenant, header.instance);
  if (!instance) return { status: 'unknown-instance' };
  if (instance.deleted) return { status: 'deleted' };
  return planCovers(catalogue, group, instance, header.covers);
}

function planFacts(catalogue: Catalogue, group: Group, tenant: string, { facts }: FactsFrame): FrameResult {
  const message = facts.map(faultOfFact).find((fault) => fault !== undefined);
  if (message !== undefined) return { status: 'refused', message };
  const instances = new Map<string, InstanceRow>();
  for (const fact of facts) {
    if (fact.kind === 'pod' || !Object.hasOwn(changeOf, fact.kind)) continue;
    const instance = catalogue.instances.find(tenant, fact.instance);
    if (!instance) return { status: 'unknown-instance' };
    instances.set(fact.instance, instance);
  }
  const excluded = facts.filter((fact) => fact.kind === 'excluded' && !instances.get(fact.instance)!.deleted);
  const results = excluded.map((fact) => {
    if (fact.kind !== 'excluded') throw new TypeError('filtered above');
    return planCovers(catalogue, group, instances.get(fact.instance)!, fact.covers);
  });
  const refusal = results.find((result) => result.status !== 'stored' && result.status !== 'held');
  if (refusal) return refusal;
  const held = results.length > 0 && results.every((result) => result.status === 'held');
  return held && excluded.length === facts.length ? { status: 'held' } : { status: 'stored' };
}

/** Takes the covers into the group's coverage where all of them are new. */
function planCovers(catalogue: Catalogue, group: Group, instance: InstanceRow, covers: readonly Cover[]): FrameResult {
  const coverageOf = (segment: string): Coverage => {
    const key = `${instance.row}/${segment}`;
    let coverage = group.coverage.get(key);
    if (!coverage) {
      coverage = catalogue.segments.coverage(instance.row, segment)?.clone() ?? Coverage.empty();
      group.coverage.set(key, coverage);
    }
    return coverage;
  };
  const verdicts = covers.map((cover) => coverageOf(cover.segment).verdict(cover));
  if (verdicts.every((verdict) => verdict === 'held')) return { status: 'held' };
  if (verdicts.some((verdict) => verdict !== 'new')) {
    const segments = [...new Set(covers.map((cover) => cover.segment))];
    return {
      status: 'overlap',
      held: segments.map((segment) => ({ segment, held: coverageOf(segment).held() })),
    };
  }
  if (covers.some((cover) => coverageOf(cover.segment).pieceCount >= coveragePiecesMax)) {
    return {
      status: 'refused',
      message: `its segment is covered in ${coveragePiecesMax} pieces (coveragePiecesMax)`,
    };
  }
  for (const cover of covers) coverageOf(cover.segment).add(cover);
  return { status: 'stored' };
}

function faultOfHeader(header: BatchFrame['header']): string | undefined {
  if (header.lineCount === 0) return 'it has no lines';
  const { segment, offset } = header.order;
  if (!isSegment(segment)) return 'order.segment is not the name of a segment';
  const inside = header.covers.some((cover) => cover.segment === segment && cover.from <= offset && offset < cover.to);
  if (!inside) return 'order.offset lies outside of what the batch covers';
  const times = [BigInt(header.timeMin), BigInt(header.timeMax)];
  if (times.some((time) => time > INT64_MAX || time < -INT64_MAX)) return 'a time does not fit 64 bits';
  return undefined;
}
