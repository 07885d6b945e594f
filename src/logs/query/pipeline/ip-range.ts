import { isIPv4, isIPv6 } from 'node:net';

/** Addresses as numbers: IPv4 in 32 bits, IPv6 in 128; the two never equal each other. */
interface Address {
  bits: 32 | 128;
  value: bigint;
}

interface Range {
  bits: 32 | 128;
  first: bigint;
  last: bigint;
}

const DIGIT = /[0-9]/;
const HEX = /[0-9a-fA-F]/;
const IPV4_SPAN = /[0-9.]*/y;
const IPV6_SPAN = /[0-9a-fA-F:.]*/y;
const IPV6_HINT = /(?:::[0-9a-fA-F]|[0-9a-fA-F]{1,4}:)/y;
const IPV4_HINT = /[0-9](?:\.[\s\S]{2}|[\s\S]\.[\s\S]|[\s\S]{2}\.)/y;

/** Reads one address, a prefix (`10.0.0.0/8`) or two addresses with a `-` between. Throws an Error. */
export function parseIpRange(pattern: string): Range {
  const invalid = () => new Error(`ip: invalid pattern: ${JSON.stringify(pattern)}`);
  const single = addressOf(pattern);
  if (single) return { bits: single.bits, first: single.value, last: single.value };
  const prefix = /^([^/]+)\/(\d{1,3})$/.exec(pattern);
  if (prefix) {
    const address = addressOf(prefix[1]!);
    const length = Number(prefix[2]);
    if (!address || length > address.bits || (prefix[2]!.length > 1 && prefix[2]!.startsWith('0'))) throw invalid();
    const free = BigInt(address.bits - length);
    const first = (address.value >> free) << free;
    return { bits: address.bits, first, last: first + (1n << free) - 1n };
  }
  const [from, to, ...rest] = pattern.split('-').map((part) => addressOf(part.trim()));
  if (!from || !to || rest.length > 0 || from.bits !== to.bits || from.value > to.value) throw invalid();
  return { bits: from.bits, first: from.value, last: to.value };
}

/** Whether some address in the text lies in the range. */
export function compileIpFilter(pattern: string): (text: string) => boolean {
  const range = parseIpRange(pattern);
  const holds = (candidate: string) => {
    const address = addressOf(candidate);
    return address?.bits === range.bits && address.value >= range.first && address.value <= range.last;
  };
  return (text) => {
    for (let at = 0; at < text.length; at++) {
      const span = candidateAt(text, at);
      if (span === undefined) continue;
      if (holds(span)) return true;
      at += span.length;
    }
    return false;
  };
}

/** The run of characters here that may be an address, if one seems to begin. */
function candidateAt(text: string, at: number): string | undefined {
  const char = text[at]!;
  if (!HEX.test(char) && char !== ':') return undefined;
  IPV4_HINT.lastIndex = IPV6_HINT.lastIndex = at;
  const span = DIGIT.test(char) && IPV4_HINT.test(text) ? IPV4_SPAN : IPV6_HINT.test(text) ? IPV6_SPAN : undefined;
  if (span === undefined) return undefined;
  span.lastIndex = at;
  return span.exec(text)![0];
}

function addressOf(text: string): Address | undefined {
  if (isIPv4(text)) return { bits: 32, value: ipv4Value(text) };
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const withoutIpv4 = text.replace(/(\d+\.\d+\.\d+\.\d+)$/, (ipv4) => {
    const hex = ipv4Value(ipv4).toString(16).padStart(8, '0');
    return `${hex.slice(0, 4)}:${hex.slice(4)}`;
  });
  const [head = '', tail] = withoutIpv4.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':'));
  const [before, after] = [groups(head), groups(tail ?? '')];
  const zeros = tail === undefined ? [] : Array<string>(8 - before.length - after.length).fill('0');
  const value = [...before, ...zeros, ...after].reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
  return { bits: 128, value };
}

function ipv4Value(text: string): bigint {
  return text.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
}
