import { needsOfRunbook } from '../graph/needs-of-runbook.ts';
import type { RecoveryNeedPlan, ResolvedPlan } from '../resolved-plan.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { namesInWords } from './names-in-words.ts';
import { type NeedDemand, needDemands } from './need-demands.ts';
import { factOf } from './plan-facts.ts';
import { type Struck, struckBy } from './struck.ts';

export const recoveryNeed: LintRule = {
  id: 'recovery-need',
  number: 'T21',
  severity: 'warning',
  title: 'what the recovery itself needs is not in the plan, or lost with the rest',
  explanation:
    'Steps of a runbook use things that are no system of the plan: Git to deploy, an account to change the DNS, a chat to ' +
    'speak, a secrets vault to log in. Each of them can be gone on that day too, so each has to be named, with what is ' +
    'done when it does not work.',
  fix: 'Declare it under recovery_needs with a fallback that works without the struck site.',
  check: (plan) => {
    if (Object.keys(plan.runbooks).length === 0) return [];
    const stranded = strandedHits(plan);
    const known = new Set(stranded.map(({ at }) => at[1]));
    return [...undeclaredHits(plan), ...stranded, ...fallbackHits(plan, known), ...silencedHits(plan)];
  },
};

function undeclaredHits(plan: ResolvedPlan): readonly LintHit[] {
  const declared = new Set(Object.values(plan.recoveryNeeds).map(({ kind }) => kind));
  const byKind = Map.groupBy(needDemands(plan), ({ kind }) => kind);
  return [...byKind].flatMap(([kind, demands]) => (declared.has(kind) ? [] : [undeclaredHit(kind, demands)]));
}

/** Every recovery of ours needs this program and people who can log in: worth a note, not a warning. */
const notesOnly: ReadonlySet<RecoveryNeedPlan['kind']> = new Set(['this-tool', 'sso']);

function undeclaredHit(kind: RecoveryNeedPlan['kind'], demands: readonly NeedDemand[]): LintHit {
  const [first] = demands;
  const where = [...new Set(demands.map(({ where: each }) => each))];
  return {
    at: first?.at ?? [],
    ...(notesOnly.has(kind) || demands.every(({ hasOther }) => hasOther) ? { severity: 'info' } : {}),
    message:
      `${first?.words ?? 'this'} needs ${kindWords[kind]}, which no recovery need declares` +
      `${where.length > 1 ? ` (in ${namesInWords(where)})` : ''}`,
    suggestion: `add "recovery_needs: { ${kind}: { kind: ${kind}, fallback: … } }"`,
  };
}

const kindWords: Readonly<Record<RecoveryNeedPlan['kind'], string>> = {
  git: 'Git',
  dns: 'the account that changes the DNS',
  secrets: 'the secrets vault',
  chat: 'the chat',
  sso: 'the sign-on',
  registry: 'the registry of images',
  'status-page': 'the status page',
  paging: 'the paging service',
  mail: 'the mail service',
  ci: 'the build service',
  'vault-store': 'the store of the vault',
  'this-tool': 'Lifeboat itself',
  other: 'something outside',
};

/** A need that goes down with what it is to bring back. */
function strandedHits(plan: ResolvedPlan): readonly LintHit[] {
  const scenarios = Object.entries(plan.scenarios).map(([name, scenario]) => ({
    name,
    struck: struckBy(plan, scenario),
    needs: new Set(runbooksOf(plan, name).flatMap((runbook) => needsOfRunbook(plan, runbook))),
  }));
  return Object.entries(plan.recoveryNeeds).flatMap(([name, need]) => {
    const lost = scenarios.filter(
      ({ needs, struck }) => needs.has(name) && lostWith(need, struck) !== undefined,
    );
    const [first] = lost;
    if (first === undefined || need.fallback !== undefined) return [];
    return [
      {
        at: ['recovery_needs', name],
        severity: 'error',
        message:
          `the recovery from ${namesInWords(lost.map((each) => each.name))} needs ${name}, which is lost with ` +
          `${lostWith(need, first.struck)} in that disaster, and there is no fallback`,
        suggestion: 'add a fallback that stands elsewhere',
        relatedAt: { at: ['scenarios', first.name], message: 'the disaster that takes it' },
      },
    ];
  });
}

function runbooksOf(plan: ResolvedPlan, name: string): readonly string[] {
  const scenario = factOf(plan.scenarios, name);
  const failover = scenario?.failover === undefined ? undefined : factOf(plan.failovers, scenario.failover);
  return [...(scenario?.runbooks ?? []), ...(failover?.runbook === undefined ? [] : [failover.runbook])];
}

function lostWith({ runs_on: runsOn, site }: RecoveryNeedPlan, struck: Struck): string | undefined {
  const system = runsOn?.find((name) => struck.systems.has(name));
  if (system !== undefined) return system;
  return site !== undefined && struck.sites.has(site) ? `the site ${site}` : undefined;
}

/** `known`: those of which worse is said already. */
function fallbackHits(plan: ResolvedPlan, known: ReadonlySet<unknown>): readonly LintHit[] {
  const without = Object.entries(plan.recoveryNeeds).filter(
    ([name, { fallback }]) => fallback === undefined && !known.has(name),
  );
  const [first] = without;
  if (first === undefined) return [];
  const names = without.map(([name]) => name);
  return [
    {
      at: ['recovery_needs', first[0]],
      severity: 'info',
      message: `nothing is said for the day on which ${namesInWords(names)} ${names.length === 1 ? 'does' : 'do'} not work either`,
      suggestion: 'add a fallback to each',
    },
  ];
}

/** Audiences that hear nothing, because all their channels stand on what is struck. */
function silencedHits(plan: ResolvedPlan): readonly LintHit[] {
  const audiences = Object.entries(plan.communication?.audiences ?? {});
  return audiences.flatMap(([name, { channels, only_in: onlyIn }]) => {
    const silent = Object.entries(plan.scenarios).filter(
      ([scenario, each]) =>
        each.communication &&
        (onlyIn?.includes(scenario) ?? true) &&
        channels.every((channel) => isSilent(plan, channel, struckBy(plan, each))),
    );
    const [first] = silent;
    if (first === undefined) return [];
    return [
      {
        at: ['communication', 'audiences', name, 'channels'],
        message:
          `in ${namesInWords(silent.map(([scenario]) => scenario))} all ${channels.length} channels to ${name} ` +
          `(${namesInWords(channels)}) stand on systems that are struck`,
        suggestion: 'add a channel that stands elsewhere',
        relatedAt: { at: ['scenarios', first[0]], message: 'the disaster that takes them' },
      },
    ];
  });
}

export function isSilent(plan: ResolvedPlan, channel: string, struck: Struck): boolean {
  return (factOf(plan.channels, channel)?.depends_on ?? []).some((system) => struck.systems.has(system));
}
