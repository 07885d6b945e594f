import type { Scope } from '../query/query.ts';
import { CONFLICTING, REPEATED } from './head/head-window.ts';
import { TenantHead } from './head/tenant-head.ts';
import type { Appended } from './store.ts';
import { windowOf } from './wal/committer.ts';
import type { SlotSamples } from './wal/record.ts';

/** What is in memory of all tenants. */
export class Heads {
  readonly byTenant = new Map<string, TenantHead>();

  of(scope: Scope): TenantHead | undefined {
    return this.byTenant.get(scope.tenant);
  }

  ensure(tenant: string): TenantHead {
    let head = this.byTenant.get(tenant);
    if (head === undefined) {
      head = new TenantHead(tenant);
      this.byTenant.set(tenant, head);
    }
    return head;
  }

  sum(of: (head: TenantHead) => number): number {
    let total = 0;
    for (const head of this.byTenant.values()) total += of(head);
    return total;
  }

  /** Of the WAL files that are written at present, and those before them as large as they were found. */
  get walBytes(): number {
    let total = 0;
    for (const { windows, closing } of this.byTenant.values()) {
      for (const window of [...windows.values(), ...closing]) total += window.walBytes;
    }
    return total;
  }

  get samples(): number {
    let total = 0;
    for (const { windows, closing } of this.byTenant.values()) {
      for (const { samples } of windows.values()) total += samples;
      for (const { samples } of closing) total += samples;
    }
    return total;
  }
}

/** Puts samples that are on disk into the head. `appended` counts what became of them. */
export function applySamples(head: TenantHead, samples: SlotSamples, appended: Appended, monotonicMs: number): void {
  const { slots, times, values, starts, length } = samples;
  if (length === 0) return;
  let window = head.windowAt(windowOf(times[0] ?? 0));
  window.writtenMs = monotonicMs;
  for (let i = 0; i < length; i++) {
    const time = times[i]!;
    if (time < window.startMs || time >= window.endMs) {
      window = head.windowAt(windowOf(time));
      window.writtenMs = monotonicMs;
    }
    const result = window.append(slots[i]!, time, values[i]!, starts === null ? 0 : starts[i]!);
    if (result === REPEATED) appended.repeated++;
    else if (result === CONFLICTING) appended.conflicting++;
    else appended.taken++;
    if (time > head.maxMs) head.maxMs = time;
  }
}
