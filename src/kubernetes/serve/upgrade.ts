import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ApiRequest } from './api.ts';

type AnswerRequest = (
  incoming: IncomingMessage,
  response: ServerResponse,
  upgrade: ApiRequest['upgrade'],
) => Promise<void>;

/**
 * Lets a request for another protocol go the way of all others: identified, authorized and counted, and refused with an
 * ordinary answer. Node gives such a connection away without a response to write to, so it gets one here.
 */
export function upgradeHandler(answer: AnswerRequest) {
  return (incoming: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const response = new ServerResponse(incoming);
    response.shouldKeepAlive = false;
    response.assignSocket(socket as Socket);
    socket.on('error', () => socket.destroy());
    socket.on('drain', () => response.emit('drain'));
    // As Node ends a connection that is not kept.
    response.once('finish', () => (socket as Socket).destroySoon());
    void answer(incoming, response, { socket, head });
  };
}
