/** Fills log archives from the files of a real server, with the marks of their bytes, as a shipping would. */
import fs from 'node:fs';
import path from 'node:path';
import type { LogArchive } from '../../src/log-archive/log-archive.ts';
import { createMarkReader } from '../../src/source/postgres/wal/log-marks.ts';
import { parseLsn } from '../../src/source/postgres/wal/lsn.ts';
import { branchName, parseSegmentName } from '../../src/source/postgres/wal/segment-name.ts';
import type { PostgresServer } from './postgres-server.ts';

export interface Filling {
  readonly timeline: number;
  readonly log: LogArchive;
  readonly segmentBytes: number;
}

/** No piece ends where a page does. */
const pieceBytes = 300_001;

/** With what the server has of a timeline in `pg_wal`, up to its last flushed byte, which is given back. */
export async function fillFromServer(server: PostgresServer, filling: Filling): Promise<bigint> {
  const end = parseLsn(await server.value('select pg_current_wal_flush_lsn()')) ?? 0n;
  await fillFromFiles(path.join(server.data, 'pg_wal'), { ...filling, end });
  return end;
}

export async function fillFromFiles(
  folder: string,
  { timeline, end, log, segmentBytes }: Filling & { readonly end: bigint },
): Promise<void> {
  const branch = branchName(timeline);
  const segments = fs
    .readdirSync(folder)
    .flatMap((name) => {
      const segment = parseSegmentName(name, segmentBytes);
      return segment?.timeline === timeline && segment.start < end ? [{ name, start: segment.start }] : [];
    })
    .sort((a, b) => Number(a.start - b.start));
  const first = segments[0]?.start ?? 0n;
  const history = path.join(folder, `${branch}.history`);
  if (fs.existsSync(history)) await log.putHistory(branch, fs.readFileSync(history));
  const writer = await log.writer(branch, first);
  const marks = createMarkReader({ start: first, segmentBytes });
  for (const { name, start } of segments) {
    const bytes = fs.readFileSync(path.join(folder, name)).subarray(0, Number(end - start));
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      const piece = bytes.subarray(at, at + pieceBytes);
      await writer.store(writer.prepare(start + BigInt(at), piece, marks.take(piece)));
    }
  }
}

export async function systemIdOf(server: PostgresServer): Promise<string> {
  return await server.value('select system_identifier from pg_control_system()');
}
