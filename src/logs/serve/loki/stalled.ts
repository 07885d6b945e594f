import type { ServerResponse } from 'node:http';

/**
 * Ends the connection of a client that takes nothing of its answer for so long, since what it does not take is held for it. While an
 * answer is only being made, there is nothing to take.
 */
export function cutStalled(response: ServerResponse, stalledMsMax: number): void {
  response.setTimeout(stalledMsMax, () => {
    if (response.writableLength > 0) response.destroy();
  });
}
