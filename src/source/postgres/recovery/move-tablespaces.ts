/** Brings restored tablespaces to the folders that they shall have from now on. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { LifeboatError, systemErrorName } from '../../../error/lifeboat-error.ts';
import { parseTablespaceMap } from '../files/tablespace-map.ts';

export interface TablespaceMove {
  readonly data: string;
  /** Where they were restored to, by OID. */
  readonly own: ReadonlyMap<string, string>;
  /** By OID, or by the folder of the original. */
  readonly wanted: ReadonlyMap<string, string>;
}

/** Where each lies afterwards, by OID. Raises RESTORE_REFUSED for one that the backup does not have. */
export async function moveTablespaces(
  { data, own, wanted }: TablespaceMove,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  if (wanted.size === 0) return own;
  const map = await fs.readFile(path.join(data, 'tablespace_map'), 'utf8').catch(() => '');
  const known = parseTablespaceMap(map);
  const places = new Map(own);
  for (const [old, to] of wanted) {
    const oid = known.find((one) => one.oid === old || one.folder === old)?.oid;
    const from = oid === undefined ? undefined : own.get(oid);
    if (oid === undefined || from === undefined) throw unknown(old, known);
    signal?.throwIfAborted();
    await moveFolder(from, to);
    places.set(oid, to);
  }
  return places;
}

/** `to` is empty or not there. */
async function moveFolder(from: string, to: string): Promise<void> {
  await fs.mkdir(path.dirname(to), { recursive: true });
  try {
    await fs.rename(from, to);
  } catch (error) {
    if (systemErrorName(error) !== 'EXDEV') throw error;
    await fs.cp(from, to, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
    await fs.rm(from, { recursive: true });
  }
}

function unknown(
  old: string,
  known: readonly { readonly oid: string; readonly folder: string }[],
): LifeboatError {
  const names = known.map(({ oid, folder }) => `${folder} (${oid})`).join(', ');
  return new LifeboatError('RESTORE_REFUSED', `the backup has no tablespace ${old}`, {
    hint: names === '' ? 'Leave --tablespace out: it has none.' : `Name one of ${names}.`,
  });
}
