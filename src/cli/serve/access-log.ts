/** One JSON object a line for every request, with and without --json. */
import type { Access } from '../../rest-server/rest-server.ts';
import type { JsonRecord, Output } from '../output.ts';

export interface AccessLog {
  write(access: Access): void;
  say(record: JsonRecord): Promise<void>;
  /** Requests so far. */
  count(): number;
  /** Resolves when all lines are out. */
  end(): Promise<void>;
}

/** A reader that falls behind so far loses lines rather than taking the memory of the server; the next line says how many. */
const waitingMax = 10_000;

export function createAccessLog(output: Output): AccessLog {
  let last: Promise<void> = Promise.resolve();
  let waiting = 0;
  let lost = 0;
  let count = 0;
  const say = (record: JsonRecord) => output.result(record, output.redact(JSON.stringify(record)));
  return {
    say,
    count: () => count,
    end: () => last,
    write(access) {
      count += 1;
      if (waiting >= waitingMax) {
        lost += 1;
        return;
      }
      const record = recordOf(access, lost);
      lost = 0;
      waiting += 1;
      last = last
        .then(() => say(record))
        .finally(() => {
          waiting -= 1;
        });
    },
  };
}

function recordOf({ atMs, user, bytesIn, bytesOut, ...rest }: Access, lost: number): JsonRecord {
  return {
    type: 'access',
    at: new Date(atMs).toISOString(),
    ...(user === undefined ? {} : { user }),
    ...rest,
    bytes_in: bytesIn,
    bytes_out: bytesOut,
    ...(lost === 0 ? {} : { lines_lost: lost }),
  };
}
