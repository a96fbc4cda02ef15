/** Which vaults owe it to retain for longer what their points need, and the work. */
import type { LifeboatError } from '../../error/lifeboat-error.ts';
import type { RecordTrigger } from '../../evidence/record.ts';
import type { ResolvedVault } from '../../plan/resolved-plan.ts';
import { auditError, auditVault, lockOf, recordAudit } from '../audit/audit-vault.ts';
import type { AppContext } from '../cli-context.ts';
import { newRun } from '../plan/new-run.ts';
import type { VaultHistory } from '../plan/plan-history.ts';
import type { PlanSession } from '../plan/plan-session.ts';
import type { PlanVaults } from '../plan/plan-vaults.ts';
import { momentText, plural } from '../quantity-text.ts';
import type { Chore } from './chore.ts';
import { decideAudit } from './owed-audit.ts';
import type { PassVoice } from './pass-voice.ts';

export interface PassAuditRequest {
  readonly session: PlanSession;
  readonly vaults: PlanVaults;
  readonly voice: PassVoice;
  readonly trigger: RecordTrigger;
}

/** Of vaults that the plan wants immutable for a time, and that could be read. A machine that only adds does it too. */
export function owedAudits(
  context: AppContext,
  request: PassAuditRequest,
  histories: readonly VaultHistory[],
): readonly Chore[] {
  return request.session.plan.vaults.flatMap((vault): readonly Chore[] => {
    const history = histories.find((each) => each.vault === vault.name);
    // a folder retains nothing, which the daily proof of its store says
    const forMs = vault.store === 'folder' ? undefined : lockOf(vault)?.for;
    if (forMs === undefined || history === undefined || history.trouble !== undefined) return [];
    const decision = decideAudit(history.records, forMs, context.nowMs());
    if (decision.kind === 'wait') return [];
    return [
      {
        subject: `audit ${vault.name}`,
        kind: 'audit',
        vault: vault.name,
        systems: [],
        reason: 'what its points need is to be retained for longer',
        owedSinceMs: decision.sinceMs,
        perform: (own) => extend(own, request, vault),
      },
    ];
  });
}

async function extend(
  context: AppContext,
  { session, vaults, voice, trigger }: PassAuditRequest,
  { name, location, declared }: ResolvedVault,
): Promise<LifeboatError | undefined> {
  const vault = await vaults.open(name);
  const place = { location, folder: session.folder, declared, signal: context.signal };
  const audit = await auditVault(context, { vault, place, extend: true });
  await recordAudit(vault, newRun(context, session, trigger), audit, true);
  const { objects, extended, untilMs } = audit;
  const until =
    untilMs === undefined ? 'not everything is retained' : `immutable until ${momentText(untilMs)}`;
  const fields = {
    vault: name,
    objects,
    extended,
    until: untilMs === undefined ? null : new Date(untilMs).toISOString(),
  };
  await voice.say(
    'audit',
    fields,
    `audited   ${name}: ${until} (${plural(objects, 'object')}, ${extended} retained for longer)`,
  );
  return auditError(name, audit);
}
