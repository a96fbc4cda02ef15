/** How passes speak: one plain line per event with its time in the plan's zone, or one JSON object a line. */
import { durationText } from '../../objective/duration-text.ts';
import { describeMoment } from '../../recovery-point/parse-moment.ts';
import type { AppContext } from '../cli-context.ts';
import type { SystemBackup } from '../plan/backup-systems.ts';
import type { SystemCopy } from '../plan/copy-system.ts';
import { copyFields, copyWords } from '../plan/copy-text.ts';
import type { SystemProof } from '../plan/verify-systems.ts';
import { bytesText, plural } from '../quantity-text.ts';
import type { DecidedBackup, DecidedCopy, DecidedProof } from './decide-pass.ts';
import type { Finding } from './finding.ts';
import type { BackupReason } from './owed-backup.ts';
import type { PassResult } from './pass-result.ts';

export interface PassVoice {
  /** `fields` for machines, `words` for people. */
  say(type: string, fields: Readonly<Record<string, unknown>>, words: string): Promise<void>;
  moment(atMs: number): string;
  owed(backup: DecidedBackup): Promise<void>;
  owedCopy(copy: DecidedCopy): Promise<void>;
  owedProof(proof: DecidedProof): Promise<void>;
  backup(backup: SystemBackup): Promise<void>;
  copy(copy: SystemCopy): Promise<void>;
  proof(proof: SystemProof): Promise<void>;
  /** Says nothing when the finding is fine. */
  failed(finding: Finding): Promise<void>;
  /** `showsNext` where a next pass will really be made. */
  passEnded(result: PassResult, options?: { readonly showsNext: boolean }): Promise<void>;
}

export function passVoice(context: AppContext, zone: string): PassVoice {
  const moment = (atMs: number) => describeMoment(atMs, zone);
  const say: PassVoice['say'] = async (type, fields, words) => {
    const nowMs = context.nowMs();
    const record = { type, at: new Date(nowMs).toISOString(), ...fields };
    await context.output.result(record, `${moment(nowMs)}  ${words}`);
  };
  return {
    say,
    moment,
    owed: ({ system, decision }) => {
      const [reason, missed] =
        decision.kind === 'run' ? [decision.reason, decision.missed] : ['due' as const, 1];
      const fields = { system: system.name, reason, missed };
      return say('owed', fields, `owed      ${system.name}: ${reasonText(reason, missed)}`);
    },
    owedCopy: ({ system, vault, decision }) => {
      const points = decision.kind === 'run' ? decision.points : 0;
      const fields = { system: system.name, vault, points };
      return say(
        'owed_copy',
        fields,
        `owed      ${plural(points, 'copy', 'copies')} of ${system.name} → ${vault}`,
      );
    },
    owedProof: ({ system, decision }) => {
      if (decision.kind !== 'verify') return Promise.resolve();
      const { vault, pointId, reason } = decision;
      const fields = { system: system.name, vault, point: pointId, reason };
      return say(
        'owed_proof',
        fields,
        `owed      proof of ${system.name} from ${vault}: ${proofReasons[reason]}`,
      );
    },
    backup: (backup) => say('backup', backupFields(backup), backupText(backup)),
    copy: (copy) => say('copy', copyFields(copy), copyLine(copy)),
    proof: (proof) => say('verify', proofFields(proof), proofText(proof)),
    failed: async (finding) => {
      if (finding.error !== undefined)
        await say('failure', failureFields(finding), failureText(finding, moment));
    },
    passEnded: (result, options) => {
      const next = options?.showsNext === true ? ` Next pass at ${moment(result.nextPassAtMs)}.` : '';
      return say('pass', passFields(result), `${passText(result)}${next}`);
    },
  };
}

function reasonText(reason: BackupReason, missed: number): string {
  switch (reason) {
    case 'never':
      return 'never backed up';
    case 'due':
      return missed === 1 ? 'due' : `due, ${missed} times missed, one run makes up for all`;
    case 'clock':
      return 'the last run lies in the future, a clock was wrong';
    case 'changed':
      return 'the plan changed its source or its checks since the last run';
    case 'retry':
      return 'the last run failed';
    case 'event':
      return 'the event happened';
    case 'log':
      return 'its log does not hang together with any point';
    default:
      return reason satisfies never;
  }
}

const proofReasons = {
  never: 'never proven as the plan describes it now',
  old: 'the last proof has reached half the age that is allowed',
  retry: 'the last proof failed',
} as const;

function backupFields({ system, vault, outcome, error }: SystemBackup): Readonly<Record<string, unknown>> {
  const record = outcome?.record;
  return {
    system,
    vault,
    verdict: error === undefined ? 'pass' : (record?.verdict ?? 'fail'),
    read_back: outcome?.check?.verdict ?? 'none',
    snapshot_id: record?.snapshotId,
    bytes: record?.bytes,
    bytes_added: record?.bytesAdded,
    ...errorFields(error),
  };
}

function backupText({ system, vault, outcome, error }: SystemBackup): string {
  const record = outcome?.record;
  const notes = (outcome?.findings ?? [])
    .filter(({ severity }) => severity === 'warning')
    .map(({ message }) => `; warning: ${message}`)
    .join('');
  if (error !== undefined) return `${failedWord(error.code)}  ${system} → ${vault}: ${error.message}${notes}`;
  if (record === undefined) return `FAILED    ${system} → ${vault}: there is no record`;
  const size = `${bytesText(record.bytes)}, ${bytesText(record.bytesAdded)} new`;
  const took = durationText(record.endMs - record.startMs);
  return `backed up ${system} → ${vault}: ${size}, read back, in ${took}${notes}`;
}

function copyLine(copy: SystemCopy): string {
  return `${copy.error === undefined ? 'copied   ' : 'FAILED   '} ${copyWords(copy)}`;
}

function failedWord(code: string): string {
  return code === 'BACKUP_INCOMPLETE' ? 'partial ' : 'FAILED  ';
}

function proofFields({
  system,
  vault,
  point,
  outcome,
  error,
}: SystemProof): Readonly<Record<string, unknown>> {
  const record = outcome?.record;
  return {
    system,
    vault,
    point: point?.id,
    verdict: record?.verdict ?? 'inconclusive',
    restore_ms: record?.restoreMs,
    checks: record?.checks,
    ...errorFields(error),
  };
}

function proofText({ system, vault, point, outcome, error }: SystemProof): string {
  const record = outcome?.record;
  if (record === undefined) return `UNPROVEN  ${system}: ${error?.message ?? 'there is no record'}`;
  const where = `${system} from ${vault}, point ${point?.id.slice(0, 8)}`;
  const wrong = record.checks
    .filter(({ verdict }) => verdict !== 'pass')
    .map(({ name, message }) => (message === undefined ? name : `${name} (${message})`));
  if (record.verdict === 'pass')
    return `proven    ${where}: ${plural(record.checks.length, 'check')} passed, restored in ${durationText(record.restoreMs)}`;
  const word = record.verdict === 'fail' ? 'FAILED  ' : 'UNPROVEN';
  return `${word}  ${where}: ${wrong.join('; ')}`;
}

function failureFields({
  subject,
  systems,
  vault,
  error,
  retryAtMs,
}: Finding): Readonly<Record<string, unknown>> {
  return {
    subject,
    systems,
    vault,
    ...errorFields(error),
    ...(retryAtMs === undefined ? {} : { retry_at: new Date(retryAtMs).toISOString() }),
  };
}

function failureText({ subject, error, retryAtMs }: Finding, moment: (atMs: number) => string): string {
  const hint = error?.hint === undefined ? '' : ` → ${error.hint}`;
  const again = retryAtMs === undefined ? '' : `; tried again at ${moment(retryAtMs)}`;
  return `FAILED    ${subject}: ${error?.message}${again}${again === '' ? hint : ''}`;
}

function errorFields(error: Finding['error']): Readonly<Record<string, unknown>> {
  if (error === undefined) return {};
  return { error: { code: error.code, message: error.message, hint: error.hint } };
}

export function passFields(result: PassResult): Readonly<Record<string, unknown>> {
  return {
    backups: result.backups,
    copies: result.copies,
    proofs: result.proofs,
    chores: result.chores,
    failed: result.findings.filter(({ error }) => error !== undefined).length,
    good: result.isGood,
    verdict: result.verdict.status,
    sentence: result.verdict.sentence,
    next_pass: new Date(result.nextPassAtMs).toISOString(),
  };
}

function passText(result: PassResult): string {
  const { backups, copies, proofs, chores, findings, verdict, isGood } = result;
  const failures = findings.filter(({ error }) => error !== undefined).length;
  const copied = copies === 0 ? '' : `${plural(copies, 'copy', 'copies')}, `;
  const kept = chores === 0 ? '' : `, ${plural(chores, 'chore')}`;
  const work =
    backups + copies + proofs + chores === 0
      ? 'nothing owed'
      : `${plural(backups, 'backup')}, ${copied}${plural(proofs, 'proof')}${kept}`;
  const wrong = failures === 0 ? '' : `, ${plural(failures, 'failure')}`;
  const word = isGood ? 'good pass' : 'NOT GOOD ';
  return `${word} ${work}${wrong}. ${verdict.sentence}`;
}
