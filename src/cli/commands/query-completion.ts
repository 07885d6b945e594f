import type { ServerAddress } from '../server-address.ts';
import { getJson } from '../server-call.ts';

const namesMax = 500;
const answerTimeoutMs = 1500;

/** Completions of the end of a PromQL expression: metrics, and within braces label names and values. Each is the whole word. */
export async function queryCandidates(word: string, address: ServerAddress): Promise<string[]> {
  const names = async (path: string, parameters: Record<string, string> = {}) => {
    const query = new URLSearchParams({ limit: String(namesMax), ...parameters });
    const signal = AbortSignal.timeout(answerTimeoutMs);
    return (await getJson<{ data: string[] }>(address, `/api/v1/${path}?${query}`, signal)).data;
  };
  const value = /([a-zA-Z_:][\w:]*)?\{[^{}]*?([a-zA-Z_]\w*)\s*(?:=~|!~|!=|=)\s*"([^"]*)$/.exec(word);
  if (value) {
    const [, metric, label, begun = ''] = value;
    const all = await names(`label/${label}/values`, metric ? { 'match[]': metric } : {});
    return extended(word, begun, all, '"');
  }
  const label = /([a-zA-Z_:][\w:]*)?\{(?:[^{}]*,)?\s*([a-zA-Z_]\w*)?$/.exec(word);
  if (label) {
    const [, metric, begun = ''] = label;
    const all = (await names('labels', metric ? { 'match[]': metric } : {})).filter((name) => name !== '__name__');
    return extended(word, begun, all, '=');
  }
  const begun = /[a-zA-Z_:][\w:]*$/.exec(word)?.[0] ?? '';
  return extended(word, begun, await names('label/__name__/values'), '');
}

export function extended(word: string, begun: string, names: readonly string[], end: string): string[] {
  const before = word.slice(0, word.length - begun.length);
  return names.filter((name) => name.startsWith(begun)).map((name) => `${before}${name}${end}`);
}
