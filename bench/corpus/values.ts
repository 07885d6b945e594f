import type { Random } from './random.ts';
import { regions, resources, tenants, words } from './vocabulary.ts';

/** What a container's program knows at this moment: values come back again and again, as they do in real logs. */
export class Values {
  readonly #random: Random;
  readonly #addresses: string[];
  readonly #ids: string[];
  #count: number;
  /** The request that is being served; several lines in a row carry it. */
  requestId: string;
  readonly hostSuffix: string;

  constructor(random: Random) {
    this.#random = random;
    this.#addresses = Array.from(
      { length: 24 },
      () => `10.${random.below(4)}.${random.below(256)}.${random.below(256)}`,
    );
    this.#ids = Array.from({ length: 150 }, () => hex(random, 10));
    this.#count = random.below(100_000);
    this.requestId = hex(random, 8);
    this.hostSuffix = `${hex(random, 9)}-${hex(random, 5)}`;
  }

  nextRequest(): void {
    this.requestId = hex(this.#random, 8);
  }

  address(): string {
    return this.#random.pick(this.#addresses);
  }

  milliseconds(): number {
    return this.#random.skewed(8);
  }

  path(): string {
    const id = this.#random.chance(0.5) ? `/${this.#random.pick(this.#ids)}` : '';
    return `/api/v1/${this.#random.pick(resources)}${id}`;
  }

  /** Mostly 200, and the same few others. */
  status(): number {
    const roll = this.#random.next();
    if (roll < 0.9) return 200;
    if (roll < 0.94) return 404;
    if (roll < 0.97) return 304;
    return roll < 0.99 ? 201 : 503;
  }

  of(kind: string): string {
    const random = this.#random;
    switch (kind) {
      case 'ms':
        return String(this.milliseconds());
      case 'seconds':
        return String(5 * (1 + random.below(12)));
      case 'small':
        return String(1 + random.below(8));
      case 'count':
        this.#count += random.below(7);
        return String(this.#count);
      case 'bytes':
        return String(random.skewed(900));
      case 'pct':
        return String(random.below(100));
      case 'ip':
        return this.address();
      case 'port':
        return random.pick(['443', '5432', '6379', '8080', '9092']);
      case 'id':
        return random.pick(this.#ids);
      case 'version':
        return `1.${random.below(4)}.${random.below(10)}`;
      case 'tenant':
        return random.pick(tenants);
      case 'region':
        return random.pick(regions);
      case 'status':
        return String(this.status());
      case 'path':
        return this.path();
      default:
        return random.pick(words);
    }
  }
}

export function hex(random: Random, digits: number): string {
  let text = '';
  while (text.length < digits) text += (random.bits() >>> 0).toString(16).padStart(8, '0');
  return text.slice(0, digits);
}
