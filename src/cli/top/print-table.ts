import { formatAge } from '../output/age.ts';
import { table } from '../output/table.ts';
import { type Amounts, cpuPercent, cpuText, memoryPercent, memoryText, type PartialAmounts } from './amounts.ts';
import type { Row } from './row.ts';
import type { ClusterFigures, View } from './view.ts';

export interface TableChoices {
  /** A column for the namespace. */
  namespaces: boolean;
  containers: boolean;
  headers: boolean;
  sum: boolean;
  nowMs: number;
}

const unknown = '<unknown>';
const nothing = '<none>';
/** `table` takes an empty cell for one that wants a word. */
const blank = ' ';
const rule = '________';

interface Column {
  header: string;
  cell(row: Row): string;
  /** Stands in the line of the sum. */
  summed?: boolean;
}

/** kubectl's columns first, in its words and roundings; then what it does not show. */
export function printTable(view: View, choices: TableChoices): string {
  const columns = columnsOf(view.level, choices);
  if (view.rows.length === 0) return '';
  const rows = view.rows.map((row) => columns.map(({ cell }) => cell(row)));
  if (choices.sum) {
    rows.push(columns.map(({ summed }) => (summed ? rule : blank)));
    rows.push(columns.map(({ summed, cell }) => (summed ? cell(view.total) : blank)));
  }
  const text = table(
    columns.map(({ header }) => header),
    rows,
  );
  // The headers take part in the widths in either case, so that columns stay where they are.
  const lines = text.replace(/ +$/gm, '');
  return choices.headers ? lines : lines.slice(lines.indexOf('\n') + 1);
}

function columnsOf(level: View['level'], choices: TableChoices): Column[] {
  const isGroup = level !== 'pods' && level !== 'nodes';
  return [
    ...(choices.namespaces ? [{ header: 'NAMESPACE', cell: (row: Row) => row.namespace ?? '' }] : []),
    ...(choices.containers ? [{ header: 'POD', cell: (row: Row) => row.name }] : []),
    { header: 'NAME', cell: (row) => (choices.containers ? row.container! : row.name) },
    ...(level === 'nodes' ? nodeUsage : usage),
    ...(isGroup || level === 'nodes' ? [podCount] : []),
    ...(level === 'nodes' ? given : shares),
    { header: 'RESTARTS', cell: ({ facts }) => (facts ? String(facts.restarts) : unknown), summed: true },
    { header: 'AGE', cell: ({ facts }) => ageText(facts?.createdMs, choices.nowMs) },
  ];
}

const cpu: Column = {
  header: 'CPU(cores)',
  cell: ({ usage }) => (usage ? cpuText(usage.cpuNanocores) : unknown),
  summed: true,
};
const memory: Column = {
  header: 'MEMORY(bytes)',
  cell: ({ usage }) => (usage ? memoryText(usage.memoryBytes) : unknown),
  summed: true,
};
const usage = [cpu, memory];

const nodeUsage: Column[] = [
  cpu,
  {
    header: 'CPU(%)',
    cell: ({ usage, available }) => percentText(usage && cpuPercent(usage.cpuNanocores, available?.cpuNanocores)),
  },
  memory,
  {
    header: 'MEMORY(%)',
    cell: ({ usage, available }) => percentText(usage && memoryPercent(usage.memoryBytes, available?.memoryBytes)),
  },
];

const podCount: Column = {
  header: 'PODS',
  cell: ({ facts }) => {
    if (!facts?.pods) return unknown;
    const { served, expected } = facts.pods;
    return served === expected ? String(expected) : `${served}/${expected}`;
  },
  summed: true,
};

const parts = [
  ['CPU/REQ', 'requests', 'cpuNanocores'],
  ['CPU/LIM', 'limits', 'cpuNanocores'],
  ['MEM/REQ', 'requests', 'memoryBytes'],
  ['MEM/LIM', 'limits', 'memoryBytes'],
] as const;

/** How much of what was asked for, and of what is allowed, is in use: `47%/500m`. */
const shares: Column[] = parts.map(([header, of, resource]) => ({
  header,
  cell: ({ usage, facts }) => (facts ? shareText(usage, facts[of], resource) : unknown),
  summed: true,
}));

/** How much the pods of a node may use, and which share of the node that is: `510m(25%)`. */
const given: Column[] = parts.map(([header, of, resource]) => ({
  header: header.replace('/', '-'),
  cell: ({ available, facts }) => (facts ? givenText(facts[of][resource], available, resource) : unknown),
  summed: true,
}));

function givenText(amount: bigint | undefined, whole: PartialAmounts | undefined, resource: keyof Amounts): string {
  if (amount === undefined) return nothing;
  const isCpu = resource === 'cpuNanocores';
  const percent = (isCpu ? cpuPercent : memoryPercent)(amount, whole?.[resource]);
  return `${isCpu ? cpuText(amount) : memoryText(amount)}(${percent === undefined ? '?' : percent}%)`;
}

function shareText(usage: Amounts | undefined, whole: PartialAmounts, resource: keyof Amounts): string {
  const amount = whole[resource];
  if (amount === undefined) return nothing;
  const isCpu = resource === 'cpuNanocores';
  const percent = usage && (isCpu ? cpuPercent : memoryPercent)(usage[resource], amount);
  return `${percent === undefined ? '?' : percent}%/${isCpu ? cpuText(amount) : memoryText(amount)}`;
}

function percentText(percent: number | undefined): string {
  return percent === undefined ? unknown : `${percent}%`;
}

function ageText(createdMs: number | undefined, nowMs: number): string {
  return createdMs !== undefined && Number.isFinite(createdMs) ? formatAge(nowMs - createdMs) : unknown;
}

/** Two lines: what there is, and how much of it is in use and given out. */
export function printCluster({ nodes, pods, ...figures }: ClusterFigures, capacity: boolean, headers: boolean): string {
  const whole = capacity ? figures.capacity : figures.allocatable;
  const line = (name: string, resource: keyof Amounts) => {
    const isCpu = resource === 'cpuNanocores';
    const text = isCpu ? cpuText : memoryText;
    const percent = isCpu ? cpuPercent : memoryPercent;
    const cells = [figures.usageOfNodes, figures.usageOfPods, figures.requests, figures.limits].flatMap((part) => {
      const amount = part[resource];
      return amount === undefined ? [nothing, nothing] : [text(amount), percentText(percent(amount, whole[resource]))];
    });
    return [name, whole[resource] === undefined ? unknown : text(whole[resource]), ...cells];
  };
  const header = ['RESOURCE', capacity ? 'CAPACITY' : 'ALLOCATABLE'];
  for (const name of ['NODES', 'PODS', 'REQUESTS', 'LIMITS']) header.push(name, `${name}(%)`);
  const text = table(header, [line('cpu', 'cpuNanocores'), line('memory', 'memoryBytes')]);
  if (!headers) return text.slice(text.indexOf('\n') + 1);
  return `${text}\n${nodes.served} of ${nodes.known} nodes and ${pods.served} of ${pods.expected} running pods have figures\n`;
}
