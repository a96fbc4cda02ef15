/** Commits numbered rows over several connections, and notes outside of the server which commits returned, and when. */
import { setTimeout as sleep } from 'node:timers/promises';
import { LifeboatError } from '../../src/error/lifeboat-error.ts';
import { connectPostgres } from '../../src/source/postgres/wire/connection.ts';
import type { PostgresServer } from '../support/postgres-server.ts';
import type { LossScene } from './loss-scene.ts';

export interface Writers {
  /** When the commit of a row returned: milliseconds since the epoch. */
  readonly returned: ReadonlyMap<number, number>;
  readonly tried: ReadonlySet<number>;
  /** Nothing more is begun; what is under way may return yet. */
  rest(): void;
  /** When none of them waits for the server any more. */
  readonly ended: Promise<unknown>;
}

const writers = 3;
const pauseMsMax = 15;

export function startWriters(scene: LossScene, server: PostgresServer): Writers {
  const returned = new Map<number, number>();
  const tried = new Set<number>();
  const stop = new AbortController();
  const write = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      try {
        await using connection = await connectPostgres(addressOf(server), { applicationName: 'writer' });
        while (!stop.signal.aborted) {
          const row = ++scene.lastRow;
          tried.add(row);
          await connection.query(`insert into rows values (${row}, repeat('x', ${scene.random.below(900)}))`);
          returned.set(row, Date.now());
          await sleep(scene.random.below(pauseMsMax));
        }
      } catch (error) {
        // the server is away; what was under way counts as tried
        if (!(error instanceof LifeboatError)) throw error;
        await sleep(20);
      }
    }
  };
  return {
    returned,
    tried,
    rest: () => stop.abort(),
    ended: Promise.all(Array.from({ length: writers }, write)),
  };
}

function addressOf({ host, port, user }: PostgresServer) {
  return { host, port, user, database: 'postgres', tls: false, timeoutMs: 5000 } as const;
}
