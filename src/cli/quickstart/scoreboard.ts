/** The last chapter of the quickstart: what was lost and how long it took, against what the plan allows. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { formatDuration } from '../../plan/duration.ts';
import type { AppContext } from '../cli-context.ts';
import { openPlan } from '../plan/plan-session.ts';
import { countText, durationText, plural } from '../quantity-text.ts';
import { tableLines } from '../table.ts';
import type { Detection } from './detect.ts';
import { type QuickstartFolder, typedPath } from './quickstart-folder.ts';
import type { BeforeStrike, Recovery } from './recover.ts';

export interface Score {
  readonly verdict: 'pass';
  readonly loss_ms: number;
  readonly rows_lost: number;
  readonly rpo_ms: number;
  readonly rto_ms: number;
  readonly rto_target_ms: number;
  readonly detection_ms: number;
  readonly systems: readonly SystemScore[];
  readonly files_lost: number;
  readonly new_orders: number;
  readonly safety_copies: string;
  readonly folder: string;
}

interface SystemScore {
  readonly system: string;
  readonly loss_ms: number;
  readonly rpo_ms: number;
  readonly back_ms: number;
  readonly rto_ms: number;
  readonly proof: string;
}

/** Raises VERIFICATION_FAILED when an objective of the plan was not met. */
export async function scoreOf(
  context: AppContext,
  folder: QuickstartFolder,
  before: BeforeStrike,
  detections: readonly Detection[],
  recovery: Recovery,
): Promise<Score> {
  const { plan } = await openPlan(folder.planFile, context.folder);
  const lossMs = before.strikeMs - recovery.database.canaryMs;
  const measured = [
    { system: 'orders-db', loss_ms: lossMs, back_ms: recovery.ordersBackMs },
    // not one file is missing or older than it was at the strike
    { system: 'uploads', loss_ms: 0, back_ms: recovery.uploadsBackMs },
  ];
  const systems = measured.map(({ system, ...times }) => {
    const objectives = plan.systems.find(({ name }) => name === system)?.objectives;
    const [rpo_ms = 0, rto_ms = 0] = [objectives?.rpo?.valueMs, objectives?.rto?.valueMs];
    return { system, ...times, rpo_ms, rto_ms, proof: recovery.proofs.get(system) ?? 'unknown' };
  });
  for (const each of systems) requireMet(each);
  const [orders] = systems;
  return {
    verdict: 'pass',
    loss_ms: lossMs,
    rows_lost: recovery.database.lostOrders,
    rpo_ms: orders?.rpo_ms ?? 0,
    rto_ms: Math.max(...systems.map(({ back_ms }) => back_ms)),
    rto_target_ms: orders?.rto_ms ?? 0,
    detection_ms: Math.min(...detections.map(({ afterMs }) => afterMs)),
    systems,
    files_lost: 0,
    new_orders: recovery.newOrders,
    safety_copies: recovery.safetyFolder,
    folder: folder.path,
  };
}

export function scoreLines({ output }: AppContext, score: Score, files: number): readonly string[] {
  const rows = score.systems.map((each) => [
    each.system,
    each.system === 'uploads'
      ? `none of ${plural(files, 'file')}`
      : `${durationText(each.loss_ms)}, ${plural(score.rows_lost, 'order')}`,
    formatDuration(each.rpo_ms),
    durationText(each.back_ms),
    formatDuration(each.rto_ms),
    each.proof,
  ]);
  const columns = ['system', 'lost', 'allowed (RPO)', 'back after', 'allowed (RTO)', 'proof of the point'];
  return [
    ...tableLines(
      columns.map((heading) => ({ heading })),
      [...rows, ['settings', 'not struck', '', '', '', '']],
      output.style,
    ).map((line) => `   ${line}`),
    '',
    `   Lost are the ${countText(score.rows_lost)} orders that customers saw confirmed after the backup. The seconds are measured`,
    '   by a canary: a row with the time, written before the backup and read from the recovered database.',
    `   Safety copies of the damaged state: ${score.safety_copies}`,
  ];
}

export function nextLines(program: string, folder: QuickstartFolder, from: string): readonly string[] {
  const plan = `--plan ${typedPath(folder.planFile, from)}`;
  const vault = typedPath(folder.vaults.secondary, from);
  const key = typedPath(`${folder.keys}/secondary.recovery-key`, from);
  return [
    'Look around; all of it stays until the next start:',
    `   ${program} status ${plan}`,
    `   ${program} points ${plan}`,
    `   LIFEBOAT_PASSWORD_FILE=${key} \\`,
    `      ${program} rescue snapshots --vault ${vault}`,
    'With your own data:',
    `   ${program} init /srv/my-app        # looks, asks, writes a plan`,
    `   ${program} backup --plan /srv/my-app/lifeboat.yaml`,
    `   ${program} verify --plan /srv/my-app/lifeboat.yaml`,
    `   ${program} key test --plan /srv/my-app/lifeboat.yaml   # with the recovery key`,
  ];
}

function requireMet({ system, loss_ms, rpo_ms, back_ms, rto_ms }: SystemScore): void {
  const missed = loss_ms > rpo_ms ? 'RPO' : back_ms > rto_ms ? 'RTO' : undefined;
  if (missed === undefined) return;
  throw new LifeboatError('VERIFICATION_FAILED', `${system} came back, but not within its ${missed}`, {
    hint: `It lost ${durationText(loss_ms)} and took ${durationText(back_ms)}; start it again on a machine that is less busy.`,
  });
}
