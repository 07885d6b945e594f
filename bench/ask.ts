import { once } from 'node:events';
import { type Agent, type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';

export interface Asked {
  agent: Agent;
  method: string;
  url: string;
  headers?: OutgoingHttpHeaders;
  body?: Buffer | undefined;
}

const errorCharsMax = 1000;

/** The body of a server's answer, as text; throws where it is no success. */
export async function ask({ agent, method, url, headers = {}, body }: Asked): Promise<string> {
  const outgoing = request(url, { method, agent, headers });
  outgoing.end(body);
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  if (Math.floor(answer.statusCode! / 100) === 2) return text;
  throw new Error(`${answer.statusCode} to ${method} ${url}: ${text.slice(0, errorCharsMax)}`);
}

/** Sends all, `parallel` at a time. */
export async function sendAll<T>(
  all: readonly T[],
  parallel: number,
  send: (one: T) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < all.length) await send(all[next++]!);
  };
  await Promise.all(Array.from({ length: parallel }, lane));
}
