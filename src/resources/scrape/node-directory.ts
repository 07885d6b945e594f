import { type LabelSelector, matchesLabels, parseLabelSelector } from '../../kubernetes/selector/selector.ts';
import type { NodeFacts } from './node-facts.ts';
import { NodeTarget, type NodeTargetParts } from './node-target.ts';

/** The golden ratio's fraction: whatever their number, so many steps of it lie evenly between 0 and 1. */
const phaseStep = 0.618_033_988_749_895;

/** Every node that the watch knows. Invariant: of the selected nodes at one address and port exactly one is asked. */
export class NodeDirectory {
  readonly #selector: LabelSelector;
  readonly #parts: NodeTargetParts;
  readonly #targets = new Map<string, NodeTarget>();
  /** Names of nodes that the selector leaves out. */
  readonly #unselected = new Set<string>();
  #sorted: NodeTarget[] | undefined;
  #addressesChanged = false;
  /** Of the next node. Drawn one by one, many requests would go out at nearly the same moment, and whoever asks us would wait for all. */
  #phase: number;

  constructor(nodeSelector: string, parts: NodeTargetParts) {
    this.#selector = parseLabelSelector(nodeSelector);
    this.#parts = parts;
    this.#phase = parts.random();
  }

  get size(): number {
    return this.#targets.size;
  }

  set(facts: NodeFacts): void {
    const { name } = facts;
    if (!matchesLabels(this.#selector, facts.labels)) {
      this.delete(name);
      this.#unselected.add(name);
      return;
    }
    this.#unselected.delete(name);
    this.#addressesChanged = true;
    const known = this.#targets.get(name);
    if (known) {
      known.facts = facts;
      return;
    }
    this.#targets.set(name, new NodeTarget(facts, this.#phase, this.#parts));
    this.#phase = (this.#phase + phaseStep) % 1;
    this.#sorted = undefined;
  }

  delete(name: string): void {
    this.#unselected.delete(name);
    const known = this.#targets.get(name);
    if (!known) return;
    known.window.close();
    this.#targets.delete(name);
    this.#sorted = undefined;
    this.#addressesChanged = true;
  }

  get(name: string): NodeTarget | undefined {
    return this.#targets.get(name);
  }

  isUnselected(name: string): boolean {
    return this.#unselected.has(name);
  }

  /** In the order of names. */
  all(): readonly NodeTarget[] {
    this.#sorted ??= [...this.#targets.values()].sort((a, b) => (a.facts.name < b.facts.name ? -1 : 1));
    return this.#sorted;
  }

  /** Those to be asked, in the order of their phases. */
  round(): NodeTarget[] {
    if (this.#addressesChanged) this.#settleAddresses();
    return [...this.#targets.values()].filter(({ endpoint }) => endpoint).sort((a, b) => a.phase - b.phase);
  }

  /** A kubelet's page does not say whose it is: the same page for two nodes would be wrong for one of them. */
  #settleAddresses(): void {
    this.#addressesChanged = false;
    const byAddress = new Map<string, NodeTarget>();
    for (const target of this.all()) {
      const { endpoint, name } = target.facts;
      const before = target.sharedWith;
      target.sharedWith = undefined;
      if (!endpoint) continue;
      const address = `${endpoint.host} ${endpoint.port}`;
      const other = byAddress.get(address);
      const winner = other && !isBetter(target.facts, other.facts) ? other : target;
      byAddress.set(address, winner);
      if (!other) continue;
      const loser = winner === other ? target : other;
      loser.sharedWith = winner.facts.name;
      if (before !== winner.facts.name)
        this.#parts.log.warn('two nodes have one address', { address, asked: winner.facts.name, notAsked: name });
    }
  }
}

/** The one that is ready, else the younger: what is left of a node that came back under another name is neither. */
function isBetter(a: NodeFacts, b: NodeFacts): boolean {
  return a.isReady === b.isReady ? a.createdAt > b.createdAt : a.isReady;
}
