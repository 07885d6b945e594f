import { join } from 'node:path';
import type { ContainerSpec } from './container.ts';
import type { FormatName } from './formats.ts';
import { Random } from './random.ts';
import { hex } from './values.ts';

export const containersMax = 64;
const SERVICES = 40;
/** With 33 services that print statements, over 30,000 different ones in all; programs of that size are common. */
const STATEMENTS_OF_A_SERVICE = 1000;
/** All containers end at about the same time however large the corpus is, so ages stay comparable. */
export const corpusStart = Date.parse('2026-11-22T08:00:00Z');

/** Each stands ten times in the corpus, on lines of different containers. */
export const needles = ['req-5f3e9d7c1b2a4860', 'quixotic marmalade', 'E_LEDGER_MISMATCH_77'] as const;
export const needleCount = 10;

const names = [
  'storefront',
  'checkout',
  'cart',
  'catalogue',
  'payments',
  'ledger',
  'pricing',
  'stock',
  'shipping',
  'returns',
  'identity',
  'sessions',
  'mailer',
  'notifier',
  'search',
  'indexer',
  'recommender',
  'images',
  'uploads',
  'audit',
  'billing',
  'reports',
  'exporter',
  'importer',
  'scheduler',
  'gateway',
  'edge',
  'ingress',
  'router',
  'operator',
  'autoscaler',
  'registry',
  'orders-db',
  'events',
  'stream',
  'warehouse',
  'fraud',
  'loyalty',
  'tax',
  'geo',
];

/** How formats are spread over the services, in turn. */
const formatCycle: readonly FormatName[] = [
  'pino',
  'logfmt',
  'klog',
  'spring',
  'zap',
  'python',
  'accessLog',
  'pino',
  'klog',
  'logfmt',
  'spring',
  'zap',
  'postgres',
  'python',
  'envoy',
];

/** Where each container's log goes and what it holds; a plain function of its arguments. */
export function planCorpus(logRoot: string, bytes: number, seed: number): ContainerSpec[] {
  const random = new Random(seed);
  return Array.from({ length: containersMax }, (_, i) => {
    const index = i % SERVICES;
    const name = names[index]!;
    const pod = `${name}-${hex(random, 9)}-${hex(random, 5)}`;
    const uid = hex(random, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    const namespace = ['shop', 'shop', 'platform', 'data'][index % 4]!;
    return {
      service: { index, name, format: formatCycle[index % formatCycle.length]!, statements: STATEMENTS_OF_A_SERVICE },
      directory: join(logRoot, `${namespace}_${pod}_${uid}`, name),
      bytes: Math.ceil(bytes / containersMax),
      seed: seed * 1000 + i,
      startMs: corpusStart + 137 * i,
      planted: needles.filter((_, n) => plantedIn(i, n)),
    };
  });
}

/** Every sixth container from a different one on for each needle, ten in all. */
function plantedIn(container: number, needle: number): boolean {
  const turn = (container + 20 * needle) % containersMax;
  return turn % 6 === 0 && turn / 6 < needleCount;
}
