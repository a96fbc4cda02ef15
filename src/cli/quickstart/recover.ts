/** Chapter five of the quickstart: brings back what was lost, checks it where it lives, and opens the shop again. */
import { dirname } from 'node:path';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { monotonicMs } from '../../platform/clock.ts';
import { sleep } from '../../platform/timers.ts';
import type { AppContext } from '../cli-context.ts';
import { restore } from '../commands/restore.ts';
import type { JsonRecord } from '../output.ts';
import { countText, durationText, plural } from '../quantity-text.ts';
import { capturedRows } from './captured-values.ts';
import { checkDatabase, checkUploads, confirmedOrders, type DatabaseFacts } from './check-recovered.ts';
import type { QuickstartFolder } from './quickstart-folder.ts';
import { recordsOf, textField } from './record-fields.ts';
import { runCommand } from './run-command.ts';
import { startShop } from './running-shop.ts';

export interface BeforeStrike {
  /** SHA-256 by path. */
  readonly uploads: ReadonlyMap<string, string>;
  readonly confirmedBeforeBackup: number;
  readonly strikeMs: number;
}

export interface Recovery {
  readonly database: DatabaseFacts;
  readonly files: number;
  /** From the strike until the system was back and checked, in milliseconds. */
  readonly ordersBackMs: number;
  readonly uploadsBackMs: number;
  /** How far the points that were used are proven, by system. */
  readonly proofs: ReadonlyMap<string, string>;
  /** Below it lies what the systems were before they were restored. */
  readonly safetyFolder: string;
  readonly newOrders: number;
}

const newOrdersMin = 10;
const newOrdersMsMax = 10_000;
const pollMs = 20;

/** The shop's process has ended. Raises what the restore raises, VERIFICATION_FAILED, COMMAND_FAILED. */
export async function recover(
  context: AppContext,
  folder: QuickstartFolder,
  before: BeforeStrike,
): Promise<Recovery> {
  const confirmed = confirmedOrders(folder.confirmed);
  const words = ['orders-db', 'uploads', '--in-place', '--yes', '--plan', folder.planFile];
  const { records } = await runCommand(context, 'restore', restore, words);
  const previews = recordsOf(records, 'preview');
  const restores = recordsOf(records, 'restore');
  folder.noteSafetyCopies(restores.map((record) => textField(record, 'safety_copy')));
  for (const record of restores) await context.output.result(record, restoredText(context, record));
  const snapshotId = textField(find(previews, 'orders-db'), 'point');
  const rows = await capturedRows(context, folder.planFile, snapshotId);
  const { confirmedBeforeBackup } = before;
  const database = checkDatabase(folder.database, { rows, confirmed, confirmedBeforeBackup });
  await context.output.text(
    `   checked   orders-db: integrity, references, ${countText(database.rows)} rows in ${database.tables} tables as captured`,
  );
  const reopened = await reopenShop(context, folder, before.strikeMs);
  const files = checkUploads(folder.uploads, before.uploads);
  const uploadsBackMs = context.nowMs() - before.strikeMs;
  await context.output.text(
    `   checked   uploads: all ${plural(files, 'file')} have the hashes they had before`,
  );
  return {
    ...reopened,
    database,
    files,
    uploadsBackMs,
    proofs: new Map(previews.map((each) => [textField(each, 'system'), textField(each, 'proof')])),
    safetyFolder: dirname(dirname(textField(find(restores, 'orders-db'), 'safety_copy'))),
  };
}

/** The proof that the recovered shop lives: it takes new orders. */
async function reopenShop(
  context: AppContext,
  folder: QuickstartFolder,
  strikeMs: number,
): Promise<Pick<Recovery, 'ordersBackMs' | 'newOrders'>> {
  await using shop = await startShop(folder, 'after', context.signal);
  const ordersBackMs = context.nowMs() - strikeMs;
  const deadlineMs = monotonicMs() + newOrdersMsMax;
  while (shop.confirmed() < newOrdersMin && shop.ended() === undefined && monotonicMs() < deadlineMs)
    await sleep(pollMs, context.signal);
  const [ended, newOrders] = [shop.ended(), shop.confirmed()];
  if (ended !== undefined || newOrders < newOrdersMin) {
    throw new LifeboatError(
      'VERIFICATION_FAILED',
      `the recovered shop does not work: ${ended ?? 'it takes no orders'}`,
      { hint: 'This recovery is not good. Please report what was printed.' },
    );
  }
  await context.output.result(
    { type: 'reopened', shop_process: shop.processId, new_orders: newOrders },
    `   reopened  the shop takes orders again, ${newOrders} so far`,
  );
  return { ordersBackMs, newOrders };
}

function restoredText({ output }: AppContext, record: JsonRecord): string {
  const files = plural(Number(record['files']), 'file');
  const took = durationText(Number(record['restore_ms']));
  return `   ${output.style.green('restored')}  ${textField(record, 'system')}: ${files} in ${took}, a safety copy of the damaged state first`;
}

function find(records: readonly JsonRecord[], system: string): JsonRecord {
  const found = records.find((record) => record['system'] === system);
  if (found !== undefined) return found;
  throw new LifeboatError('VERIFICATION_FAILED', `the restore said nothing of ${system}`, {
    hint: 'Please report what was printed.',
  });
}
