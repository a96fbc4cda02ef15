/** How many requests of one connection are under way: a client may send as many as it likes ahead of their answers. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Says whether one more may begin; it counts until it is answered, or its connection is gone. */
export type ConnectionLoad = (request: IncomingMessage, response: ServerResponse) => boolean;

export function createConnectionLoad(requestsMax: number): ConnectionLoad {
  const underWay = new WeakMap<Socket, number>();
  return ({ socket }, response) => {
    const before = underWay.get(socket) ?? 0;
    if (before >= requestsMax) return false;
    underWay.set(socket, before + 1);
    response.once('finish', () => underWay.set(socket, (underWay.get(socket) ?? 1) - 1));
    return true;
  };
}

/**
 * A signal that is aborted when the connection is gone. The response alone does not tell: one that waits for its turn
 * behind another on the same connection ends without a word.
 */
export function whileConnected({ socket }: IncomingMessage): Disposable & { readonly signal: AbortSignal } {
  const gone = new AbortController();
  const onClose = () => gone.abort(new Error('the client went away'));
  if (socket.destroyed) onClose();
  else socket.once('close', onClose);
  return {
    signal: gone.signal,
    [Symbol.dispose]: () => void socket.removeListener('close', onClose),
  };
}
