/** What must be so before a database can be captured, and what should be. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { SourceFinding } from '../source.ts';
import type { DatabaseHeader } from './database-header.ts';
import { isWritable } from './is-writable.ts';
import { findDatabase, type Located } from './locate-database.ts';

/** By the number that statfs(2) gives. */
const networkFileSystems: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x01021997, '9P'],
  [0x5346414f, 'AFS'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0x786f4256, 'a VirtualBox shared folder'],
  [0x65735546, 'FUSE'],
]);

/** No lock is taken: the capture itself finds out whether somebody holds one for too long. */
export async function checkPrerequisites(given: string): Promise<readonly SourceFinding[]> {
  let database: Located;
  try {
    database = findDatabase(given);
  } catch (error) {
    if (!(error instanceof LifeboatError)) throw error;
    return [{ severity: 'error', message: error.message, hint: error.hint ?? '' }];
  }
  return [
    ...(await networkFindings(database)),
    ...(await permissionFindings(database)),
    ...contentFindings(database),
  ];
}

async function networkFindings({ path: given, realPath }: Located): Promise<readonly SourceFinding[]> {
  const name = networkFileSystems.get((await fs.statfs(realPath)).type >>> 0);
  if (name === undefined) return [];
  return [
    {
      severity: 'warning',
      message: `database ${given} lies on ${name}, where locks may not be what they seem`,
      hint: 'Run Lifeboat on the machine that writes the database, and keep the database on a local disk.',
    },
  ];
}

async function permissionFindings({
  path: given,
  realPath,
  journal,
}: Located): Promise<readonly SourceFinding[]> {
  if (journal !== 'wal' || (await isWritable(path.dirname(realPath)))) return [];
  return [
    {
      severity: 'error',
      message: `the folder of database ${given} cannot be written`,
      hint: 'Give this user write access to the folder: in WAL mode even readers need it, for the -shm file.',
    },
  ];
}

function contentFindings({ path: given, header }: Located): readonly SourceFinding[] {
  if (header === undefined) {
    return [
      {
        severity: 'warning',
        message: `database ${given} is an empty file`,
        hint: 'SQLite takes an empty file for an empty database. If the application has data, it is elsewhere or lost.',
      },
    ];
  }
  return [...pauseFindings(given, header), ...libraryFindings(given, header)];
}

function pauseFindings(given: string, header: DatabaseHeader): readonly SourceFinding[] {
  if (header.journal === 'wal') return [];
  return [
    {
      severity: 'warning',
      message: `database ${given} is in rollback mode, so its writers wait while it is copied`,
      hint: 'Switch it to WAL mode with "PRAGMA journal_mode=WAL", in which no writer waits.',
    },
  ];
}

/**
 * Versions 3.7.0 to 3.51.2 can damage a database in WAL mode when two connections commit and checkpoint at the same
 * moment. Lifeboat never checkpoints, but the application's own processes may.
 */
function libraryFindings(given: string, header: DatabaseHeader): readonly SourceFinding[] {
  if (header.journal !== 'wal' || header.writerVersion === 0 || !hasWalResetBug(header.writerVersion))
    return [];
  return [
    {
      severity: 'warning',
      message: `database ${given} was last written by SQLite ${versionText(header.writerVersion)}, which can damage it`,
      hint: 'Update the SQLite library of the application to 3.51.3 or newer (https://sqlite.org/wal.html, "WAL-reset bug").',
    },
  ];
}

const fixedVersion = 3_051_003;
/** Fixes for older series: 3.44.6 and 3.50.7. */
const fixedBackports: readonly (readonly [number, number])[] = [
  [3_044_006, 3_045_000],
  [3_050_007, 3_051_000],
];

function hasWalResetBug(version: number): boolean {
  if (version < 3_007_000 || version >= fixedVersion) return false;
  return !fixedBackports.some(([from, before]) => version >= from && version < before);
}

function versionText(version: number): string {
  return [Math.floor(version / 1_000_000), Math.floor(version / 1000) % 1000, version % 1000].join('.');
}
