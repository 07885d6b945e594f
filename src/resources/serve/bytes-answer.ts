import type { ServerResponse } from 'node:http';
import type { Answer } from '../../kubernetes/serve/serve.ts';
import type { AnswerBudget } from './answer-budget.ts';

/** A client that has not taken its answer by then is cut off. */
const takenWithinMs = 60_000;

/** An answer that is bytes already. They count as held until the client has taken them, or has gone. */
export function bytesAnswer(contentType: string, pieces: Buffer[], budget: AnswerBudget): Answer {
  const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
  budget.hold(bytes);
  return {
    stream: async (response) => {
      try {
        if (!response.destroyed) await write(response, contentType, pieces, bytes);
      } finally {
        budget.release(bytes);
      }
    },
  };
}

function write(response: ServerResponse, contentType: string, pieces: Buffer[], bytes: number): Promise<void> {
  return new Promise((resolve) => {
    const stalled = setTimeout(() => response.destroy(), takenWithinMs);
    response.once('close', () => {
      clearTimeout(stalled);
      resolve();
    });
    response.writeHead(200, {
      'content-type': contentType,
      'content-length': bytes,
      'cache-control': 'no-cache, private',
      vary: 'Accept',
    });
    for (const piece of pieces) response.write(piece);
    response.end();
  });
}
