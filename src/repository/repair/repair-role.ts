/** The repairs of one open repository, with the locks that restic takes for the same. */

import { hasCode } from '../../error/lifeboat-error.ts';
import { unseal } from '../../seal/seal.ts';
import { parseConfig } from '../config.ts';
import { withLock } from '../lock/with-lock.ts';
import type { RepairWork, RepositoryRepair, Seen } from '../repair-types.ts';
import { lockOptions, type Session, sessionOf, withReadLock } from '../session.ts';
import { parseJson } from '../unpacked.ts';
import { type Anatomy, anatomyOf, requireUnchanged } from './anatomy.ts';
import { diagnose } from './diagnose.ts';
import { openDonors } from './donors.ts';
import { heal } from './heal.ts';
import { applyRecover, previewRecover } from './recover.ts';
import { applyIndexRepair, planIndexRepair } from './repair-index.ts';
import { applyPacks, previewPacks } from './repair-packs.ts';
import { applySnapshots, previewSnapshots } from './repair-snapshots.ts';

export function repairOf(session: Session): RepositoryRepair {
  const { access } = session;
  const look = <T>(
    work: RepairWork | undefined,
    act: (anatomy: Anatomy, signal: AbortSignal) => Promise<T>,
  ): Promise<T> =>
    withReadLock(session, work?.signal, async (signal) => act(await anatomyOf(access, signal), signal));
  const apply = <T>(
    seen: Seen,
    work: RepairWork | undefined,
    act: (anatomy: Anatomy, signal: AbortSignal) => Promise<T>,
  ): Promise<T> =>
    withLock(access, lockOptions(session, true, work?.signal), async (signal) => {
      const anatomy = await anatomyOf(access, signal);
      requireUnchanged(anatomy, seen);
      session.view = undefined;
      return await act(anatomy, signal);
    });
  return {
    previewIndex: (options = {}) =>
      look(options, async (anatomy, signal) => {
        const { preview } = await planIndexRepair(access, anatomy, { ...options, signal });
        return preview;
      }),
    applyIndex: (preview, work) =>
      apply(preview, work, async (anatomy, signal) => {
        const { readAllPacks } = preview;
        const plan = await planIndexRepair(access, anatomy, { ...work, readAllPacks, signal });
        await applyIndexRepair(access, plan, signal);
      }),
    previewPacks: (ids, work) => look(work, (anatomy, signal) => previewPacks(session, anatomy, ids, signal)),
    applyPacks: (preview, work) =>
      apply(preview, work, (anatomy, signal) => applyPacks(session, anatomy, preview, signal)),
    previewSnapshots: (options = {}) =>
      look(options, (anatomy, signal) => previewSnapshots(session, anatomy, { ...options, signal })),
    applySnapshots: (preview, options) =>
      apply(preview, options, (anatomy, signal) =>
        applySnapshots(session, anatomy, preview, options.forget, signal),
      ),
    previewRecover: (work) => look(work, (anatomy, signal) => previewRecover(session, anatomy, signal)),
    applyRecover: (preview, work) =>
      apply(preview, work, (_anatomy, signal) => applyRecover(session, preview, signal)),
    diagnose: (work = {}) =>
      withReadLock(session, work.signal, (signal) => diagnose(session, { ...work, signal })),
    previewHeal: (diagnosis, donors, work) =>
      look(work, async (anatomy, signal) => {
        const given = await openDonors(donors.map(sessionOf), signal);
        const bad = [...diagnosis.damagedPacks, ...diagnosis.missingPacks];
        const { packs } = await previewPacks(session, anatomy, bad, signal);
        const gone = [...packs.flatMap(({ lost }) => lost), ...diagnosis.missingBlobs];
        const lost = gone.filter((blob) => !given.has(blob));
        return { packs, fromDonors: gone.length - lost.length, lost };
      }),
    heal: (request) =>
      withLock(access, lockOptions(session, true, request.signal), async (signal, lock) => {
        requireUnchanged(await anatomyOf(access, signal), request.diagnosis);
        session.view = undefined;
        const sessions = request.donors.map(sessionOf);
        return await withDonorLocks(sessions, signal, async (held) => {
          const donors = await openDonors(sessions, held);
          return await heal(session, donors, request, lock, held);
        });
      }),
    isConfig: (bytes) => isConfig(session, bytes),
    isKeyInUse: (id) => id === session.keyId,
  };
}

/** Nobody may remove from a donor what is being read. */
async function withDonorLocks<T>(
  [first, ...rest]: readonly Session[],
  signal: AbortSignal,
  act: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (!first) return await act(signal);
  return await withReadLock(first, signal, (held) => withDonorLocks(rest, held, act));
}

function isConfig({ access, config }: Session, bytes: Buffer): boolean {
  try {
    const found = parseConfig(parseJson(unseal(access.key, bytes, 'config'), 'config'));
    return found.id === config.id && found.chunkerPolynomial === config.chunkerPolynomial;
  } catch (error) {
    if (hasCode(error, 'OBJECT_DAMAGED', 'VAULT_UNSUPPORTED')) return false;
    throw error;
  }
}
