/** The part of the root that brings PostgreSQL back by its log. Everything is loaded when it is asked for. */
import path from 'node:path';
import { LifeboatError } from './error/lifeboat-error.ts';
import type { RecoveryFacts } from './evidence/recovery-facts.ts';
import type {
  CopyState,
  RecoveredCopy,
  RecoverRequest,
  RecoveryChoice,
  RecoveryEngine,
  RecoveryRequest,
} from './restore/recovery-engine.ts';
import type { PlannedRecovery } from './source/postgres/recovery/choose-recovery.ts';
import type { CopyOptions, ReplayedCopy } from './source/postgres/recovery/recover-copy.ts';

/** Where a snapshot of a PostgreSQL server has all that it has. */
const storedFolder = 'postgresql';

export async function postgresRecovery(): Promise<RecoveryEngine> {
  const { describeTarget, parseRecoveryTarget } = await import(
    './source/postgres/recovery/recovery-target.ts'
  );
  return {
    readTarget(text, timeZone) {
      const read = parseRecoveryTarget(text, timeZone);
      return read.ok ? { ok: true, target: describeTarget(read.target) } : read;
    },
    choose: (request) => choose(request),
    lookAt: (folder) => lookAt(folder),
    release: async ({ data }) => {
      const { releaseFromIsolation } = await import('./source/postgres/recovery/lay-out-cluster.ts');
      await releaseFromIsolation(data);
    },
  };
}

async function choose(request: RecoveryRequest): Promise<RecoveryChoice> {
  const { describeTarget, parseRecoveryTarget } = await import(
    './source/postgres/recovery/recovery-target.ts'
  );
  const { chooseRecovery } = await import('./source/postgres/recovery/choose-recovery.ts');
  const { formatLsn } = await import('./source/postgres/wal/lsn.ts');
  const { points, log, branch: timeline, signal } = request;
  const read = parseRecoveryTarget(request.target, 'UTC');
  if (!read.ok) throw new LifeboatError('TARGET_UNREACHABLE', read.message);
  const planned = await chooseRecovery({ points, log, timeline, signal, target: read.target });
  if (planned.kind === 'refused') return planned;
  const { choice, point, from, to } = planned;
  return {
    kind: 'chosen',
    base: point,
    target: describeTarget(read.target),
    branch: `timeline ${choice.timeline}`,
    mirror: { below: `/${storedFolder}`, last: `/${storedFolder}/data/global/pg_control` },
    ...{ from: formatLsn(from), to: formatLsn(to), logBytes: Number(to > from ? to - from : 0n) },
    preflight: async (folder, { tablespaces, parts }, stop) => {
      const { checkCopyPlace } = await import('./source/postgres/recovery/recover-copy.ts');
      const place = { folder: path.join(folder, storedFolder), tablespaces, wanted: parts };
      return await checkCopyPlace(planned, place, stop);
    },
    recover: (place) => recover(planned, { to: formatLsn, target: describeTarget(read.target) }, place),
  };
}

async function recover(
  planned: PlannedRecovery,
  words: { readonly to: (lsn: bigint) => string; readonly target: string },
  { folder, tablespaces, values, parts, progress, signal }: RecoverRequest,
): Promise<RecoveredCopy> {
  const { extractFromCopy, recoverCopy } = await import('./source/postgres/recovery/recover-copy.ts');
  const totalBytes = Number(planned.to - planned.from);
  const { superuser, database } = values;
  const options: CopyOptions = {
    ...{ planned, tablespaces, signal },
    folder: path.join(folder, storedFolder),
    ...(typeof superuser === 'string' && superuser !== '' ? { superuser } : {}),
    onProgress: ({ phase, fetchedBytes }) =>
      progress?.({ phase, doneFiles: 0, totalBytes, doneBytes: Math.min(fetchedBytes, totalBytes) }),
  };
  if (parts !== undefined) {
    const ofDatabase = parts.ofDatabase ?? (typeof database === 'string' ? database : 'postgres');
    const extracted = await extractFromCopy({ ...options, wanted: { ...parts, ofDatabase } });
    const { files } = extracted;
    return { data: parts.to, files, openWith: [], facts: factsOf(planned, words, extracted) };
  }
  const result = await recoverCopy(options);
  const { data, openWith } = result;
  return { data, openWith, facts: factsOf(planned, words, result) };
}

function factsOf(
  { choice }: PlannedRecovery,
  { to, target }: { readonly to: (lsn: bigint) => string; readonly target: string },
  { proof, replayedTo, lastTransactionUs, fetchedBytes, phases }: ReplayedCopy,
): RecoveryFacts {
  return {
    ...{ target, proof, branch: `timeline ${choice.timeline}`, replayedTo: to(replayedTo) },
    ...(lastTransactionUs === undefined ? {} : { lastTransactionAtMs: Math.floor(lastTransactionUs / 1000) }),
    ...{ logBytes: fetchedBytes, ...phases },
  };
}

async function lookAt(folder: string): Promise<CopyState> {
  const { lookAtCopy } = await import('./source/postgres/recovery/release-copy.ts');
  const { major, ...state } = await lookAtCopy(folder);
  return { ...state, server: `PostgreSQL ${major}` };
}
