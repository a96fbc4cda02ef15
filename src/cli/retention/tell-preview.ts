/** Shows what retention would do: every point, whether it stays, and why. */
import { proofLevel } from '../../recovery-point/recovery-point.ts';
import type { GuardedDecision } from '../../recovery-point/retention-guard.ts';
import type { CliContext } from '../cli-context.ts';
import { plural } from '../quantity-text.ts';
import type { Style } from '../style.ts';
import {
  goingIds,
  type RetentionGroup,
  type RetentionPreview,
  type VaultRetention,
} from './retention-preview.ts';
import type { VaultPoint } from './vault-point.ts';

export async function tellPreview(context: CliContext, preview: RetentionPreview): Promise<void> {
  for (const retention of preview.vaults) {
    for (const group of retention.groups) await tellGroup(context, retention, group);
    if (retention.refusal) context.output.warn(retention.refusal.message);
  }
}

async function tellGroup(
  { output }: CliContext,
  { vault }: VaultRetention,
  group: RetentionGroup,
): Promise<void> {
  const { style } = output;
  const { decisions, leftovers, refusal, title } = group;
  if (decisions.length + leftovers.length === 0) return;
  await output.text(`\n${style.bold(`${title} in ${vault}`)}: ${countsText(group)}`);
  if (refusal) output.warn(refusal.message);
  for (const decision of decisions)
    await output.result(
      decisionRecord(vault, group, decision),
      decisionText(decision, output.columns, style),
    );
  for (const { id, timeMs, reason } of leftovers) {
    const at = new Date(timeMs).toISOString();
    const record = {
      type: 'leftover',
      vault,
      group: title,
      id,
      captured_at: at,
      kept: false,
      reasons: [reason],
    };
    await output.result(record, lineText(id, timeMs, 'drop', '', reason, output.columns));
  }
}

function countsText(group: RetentionGroup): string {
  const dropped = group.decisions.filter(({ kept }) => !kept).length;
  const left = group.leftovers.length === 0 ? '' : `, ${group.leftovers.length} left from before`;
  const words = `${plural(group.decisions.length - dropped, 'point')} kept, ${dropped} dropped${left}`;
  return group.refusal === undefined ? words : `${words}, were it not refused`;
}

function decisionText(
  { point, kept, reasons }: GuardedDecision<VaultPoint>,
  columns: number,
  style: Style,
): string {
  const proof = point.point === undefined ? '' : proofWord(point);
  const text = lineText(point.id, point.timeMs, kept ? 'keep' : 'drop', proof, reasons.join('; '), columns);
  return kept ? text : style.dim(text);
}

function proofWord({ point }: VaultPoint): string {
  if (point === undefined) return '';
  return point.failure === undefined ? proofLevel(point) : 'FAILED';
}

const columnsMin = 60;

/** The reasons go on in their own column where they are long. */
function lineText(
  id: string,
  timeMs: number,
  verdict: string,
  proof: string,
  reasons: string,
  columns: number,
): string {
  const time = new Date(timeMs).toISOString().slice(0, 16).replace('T', ' ');
  const head = `${verdict}  ${id.slice(0, 8)}  ${time}  ${proof === '' ? '' : `${proof.padEnd(8)}  `}`;
  const width = Math.max(columns, columnsMin) - head.length;
  return wrapped(reasons, width)
    .map((line, index) => (index === 0 ? head : ' '.repeat(head.length)) + line)
    .join('\n');
}

function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

function decisionRecord(
  vault: string,
  group: RetentionGroup,
  { point, kept, keptBy, reasons, isSpared }: GuardedDecision<VaultPoint>,
) {
  return {
    type: 'decision',
    vault,
    ...(group.system === undefined ? { group: group.title } : { system: group.system.name }),
    id: point.id,
    captured_at: new Date(point.timeMs).toISOString(),
    ...(point.point === undefined ? {} : { proof: proofLevel(point.point) }),
    kept,
    rules: keptBy.map(({ rule, bucket, isOldest }) => ({ rule, bucket, is_oldest: isOldest })),
    spared: isSpared,
    refused: !kept && !goingIds(group).includes(point.id),
    reasons,
  };
}
