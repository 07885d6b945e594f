import type { ServerAddress } from '../server-address.ts';
import { getJson } from '../server-call.ts';
import { extended } from './query-completion.ts';

const answerTimeoutMs = 1500;
/** Streams of so long are looked at, as "taffrail labels" does. */
const sinceParameter = '1h';

export function labelNames(address: ServerAddress, selector?: string): Promise<string[]> {
  return names(address, 'labels', selector);
}

/** Completions of the end of a LogQL expression: names of labels within its last selector, and values that go with the rest of it. */
export async function logqlCandidates(word: string, address: ServerAddress): Promise<string[]> {
  const value = /\{([^{}]*?)([a-zA-Z_]\w*)\s*(?:=~|!~|!=|=)\s*"([^"]*)$/.exec(word);
  if (value) {
    const [, before = '', label = '', begun = ''] = value;
    return extended(word, begun, await names(address, `label/${label}/values`, selectorOf(before)), '"');
  }
  const name = /\{([^{}"]*(?:"[^"]*"[^{}"]*)*)$/.exec(word);
  if (!name) return word === '' ? ['{'] : [];
  const begun = /(?:^|,)\s*([a-zA-Z_]\w*)?$/.exec(name[1]!)?.[1];
  const isName = /(?:^|,)\s*(?:[a-zA-Z_]\w*)?$/.test(name[1]!);
  if (!isName) return [];
  const before = name[1]!.slice(0, name[1]!.length - (begun?.length ?? 0));
  return extended(word, begun ?? '', await labelNames(address, selectorOf(before)), '=');
}

/** Of matchers that are complete; undefined where there is none. */
function selectorOf(matchers: string): string | undefined {
  const complete = matchers.trim().replace(/,$/, '').trim();
  return complete === '' ? undefined : `{${complete}}`;
}

async function names(address: ServerAddress, path: string, selector: string | undefined): Promise<string[]> {
  const query = new URLSearchParams({ since: sinceParameter, ...(selector !== undefined && { query: selector }) });
  const signal = AbortSignal.timeout(answerTimeoutMs);
  return (await getJson<{ data: string[] }>(address, `/loki/api/v1/${path}?${query}`, signal)).data;
}
