/** A proxy between a client and a server of any protocol over TCP, whose link can be cut and be dead for a while. */
import { connect, createServer, type Socket } from 'node:net';

export interface LinkProxy extends AsyncDisposable {
  readonly port: number;
  /** Ends what is connected, and refuses what comes, until `mend`. */
  cut(): void;
  /** What is connected stays so, but nothing goes through any more, until `mend`. */
  deaden(): void;
  mend(): void;
}

/** `targetPort`: of loopback; asked for anew with each connection. */
export async function startLinkProxy(targetPort: () => number): Promise<LinkProxy> {
  let state: 'sound' | 'cut' | 'dead' = 'sound';
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  };
  const server = createServer({ allowHalfOpen: true }, (client) => {
    keep(client);
    if (state === 'cut') return void client.destroy();
    const target = connect({ host: '127.0.0.1', port: targetPort(), allowHalfOpen: true });
    keep(target);
    client.pipe(target);
    target.pipe(client);
    client.on('close', () => target.destroy());
    target.on('close', () => client.destroy());
    if (state === 'dead') for (const socket of [client, target]) socket.pause();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    cut() {
      state = 'cut';
      for (const socket of sockets) socket.destroy();
    },
    deaden() {
      state = 'dead';
      for (const socket of sockets) socket.unpipe().pause();
    },
    mend() {
      // what was dead lost bytes of its streams: it must begin anew
      if (state === 'dead') for (const socket of sockets) socket.destroy();
      state = 'sound';
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}
