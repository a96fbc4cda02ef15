/** `lifeboat repair snapshots`: snapshots without what is not there. */

import { LifeboatError } from '../../error/lifeboat-error.ts';
import { recordTimes } from '../../evidence/record-common.ts';
import { sharedFields } from '../../evidence/run-context.ts';
import { holdsFromRecords, holdText } from '../../recovery-point/holds.ts';
import type { SnapshotChange, SnapshotsPreview } from '../../repository/repair-types.ts';
import { repairsOf } from '../../repository/repository.ts';
import type { Vault } from '../../vault/vault.ts';
import type { Command } from '../command.ts';
import { manualRun } from '../manual-run.ts';
import { plural } from '../quantity-text.ts';
import { repairOptions, runRepair, tellAll } from '../repair/run-repair.ts';
import { namedSnapshots } from '../retention/named-snapshots.ts';

export const repairSnapshots: Command = {
  description:
    'Makes new snapshots of those that lead to what is not in the vault any more. A file that lacks a part is left ' +
    'out, a folder whose listing is gone becomes empty. The new snapshot is tagged `repaired`, and it is no recovery ' +
    'point: it lacks something. Mend the index and the packs first, or heal the vault from another one.',
  options: [
    ...repairOptions,
    { flag: '--forget', description: 'remove the old snapshots' },
    {
      flag: '--keep-partial-files',
      description: 'keep what is left of a file that lacks a part, as restic does; it is shorter than it was',
    },
  ],
  examples: [
    { line: 'lifeboat repair snapshots --preview', says: 'which files are lost' },
    { line: 'lifeboat repair snapshots --forget', says: 'replace the damaged snapshots' },
  ],
  run: (context, input) =>
    runRepair<SnapshotsPreview>(context, input, {
      action: 'snapshots',
      look: (vault, work) =>
        repairsOf(vault.repository).previewSnapshots({
          ...work,
          keepPartialFiles: input.has('--keep-partial-files'),
        }),
      tell: async ({ changes }) => {
        await tellAll(context, changes, (change) => ({ fields: fieldsOf(change), text: changeText(change) }));
        const applicable = changes.filter(({ becomes }) => becomes !== 'unreadable' || input.has('--forget'));
        if (applicable.length === 0) return undefined;
        const files = changes.reduce((sum, change) => sum + change.files.length, 0);
        const what = input.has('--forget') ? 'replace' : 'add repaired ones to';
        return {
          question: `${plural(files, 'file')} will be missing. Do you want to ${what} ${plural(applicable.length, 'snapshot')}?`,
          fields: { snapshots: changes.length, lost_files: files },
        };
      },
      apply: async (vault, preview, work) => {
        const forget = input.has('--forget');
        await refuseHeld(vault, preview, forget, context.nowMs(), work.signal);
        const done = await repairsOf(vault.repository).applySnapshots(preview, { ...work, forget });
        const removed = done.filter(({ becomes }) => forget || becomes === 'remove').map(({ id }) => id);
        const nowMs = context.nowMs();
        const shared = { ...sharedFields(manualRun(context), vault.id), ...recordTimes(nowMs, nowMs) };
        if (removed.length > 0)
          await vault.append({
            type: 'forget',
            ...shared,
            verdict: 'pass',
            snapshotIds: removed,
            bytesFreed: 0,
          });
        return {
          objectsMended: [],
          objectsLost: done.map(({ id }) => `snapshots/${id}`),
          blobsMended: 0,
          snapshotIds: done.flatMap(({ newId }) => newId ?? []),
        };
      },
    }),
};

function fieldsOf({ id, time, paths, becomes, files, folders }: SnapshotChange) {
  return { snapshot: id, time, paths, becomes, files, folders };
}

const pathsMax = 10;

function changeText({ id, becomes, files, folders }: SnapshotChange): string {
  const head = `snapshot ${id.slice(0, 8)}`;
  if (becomes === 'unreadable')
    return `${head}: cannot be read; heal it from another vault, or remove it with --forget`;
  if (becomes === 'remove') return `${head}: not even its root folder can be read; it is removed`;
  const lines = [...files.map((file) => `  lost: ${file}`), ...folders.map((folder) => `  empty: ${folder}`)];
  const more = lines.length > pathsMax ? [`  … and ${lines.length - pathsMax} more`] : [];
  return [`${head}: rewritten`, ...lines.slice(0, pathsMax), ...more].join('\n');
}

/** What somebody holds is replaced by nothing that lacks something. */
async function refuseHeld(
  vault: Vault,
  { changes }: SnapshotsPreview,
  forget: boolean,
  nowMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { records } = await vault.records(signal);
  const going = changes.filter(({ becomes }) => forget || becomes === 'remove').map(({ id }) => id);
  const snapshots = await namedSnapshots(vault, going, signal);
  const holds = holdsFromRecords(records, nowMs, snapshots);
  for (const { id, becomes } of changes) {
    const [hold] = forget || becomes === 'remove' ? holds(vault.id, id) : [];
    if (hold === undefined) continue;
    throw new LifeboatError('POINT_HELD', `${id.slice(0, 8)} is ${holdText(hold)}`, {
      hint: `Heal the vault from another one, or release the point first with \`lifeboat unpin ${id.slice(0, 8)} --why TEXT\`, if you may.`,
    });
  }
}
