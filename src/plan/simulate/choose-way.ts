/** How one system comes back: from which vault, at which site. */
import { factOf } from '../lint/plan-facts.ts';
import type { ResolvedSystem, ResolvedVault } from '../resolved-plan.ts';
import type { Disaster } from './disaster.ts';
import { type PredictedLoss, predictLoss, vaultsOf } from './predict-loss.ts';
import type { RunbookChoice } from './runbook-choice.ts';
import type { Loss, RecoveryWay } from './simulation.ts';
import { isDataLost, isMachineLost, isMalice } from './strike.ts';

export interface Chosen {
  readonly way: RecoveryWay;
  readonly loss: Loss;
  /** What it runs on is gone, and this says where it can be again: `unknown` where the plan names no place. */
  readonly place: 'as it was' | 'own site' | 'other site' | 'unknown';
}

export function chooseWay(disaster: Disaster, system: ResolvedSystem, runbook: RunbookChoice): Chosen {
  const { scenario, strike } = disaster;
  if (!strike.systems.has(system.name)) {
    const loss = { kind: 'none', why: 'it is not struck' } as const;
    return { way: { kind: 'wait' }, loss, place: 'as it was' };
  }
  const failedOver = byFailover(disaster, system);
  if (failedOver !== undefined) return failedOver;
  const target = targetOf(disaster, system);
  const site = target.site === undefined ? {} : { site: target.site };
  if (!isDataLost(system, scenario, strike))
    return {
      way: { kind: 'restart' },
      loss: { kind: 'none', why: 'its data is intact' },
      place: target.place,
    };
  if (system.source === undefined) {
    const isTrusted = target.place === 'as it was' && !kindsThatTakeOver.has(scenario.kind);
    const way = isTrusted ? ({ kind: 'restart' } as const) : ({ kind: 'rebuild', ...site } as const);
    return { way, loss: { kind: 'none', why: 'it has no data of its own' }, place: target.place };
  }
  const best = bestVault(disaster, system, runbook);
  if (best === undefined) return nothingLeft(disaster, system);
  const { loss, usesLogs } = best.predicted;
  if (loss.kind === 'everything') return { way: { kind: 'lost', why: loss.why }, loss, place: target.place };
  return { way: { kind: 'restore', vault: best.vault.name, usesLogs, ...site }, loss, place: target.place };
}

/** After these nobody trusts a machine, even one without data. */
const kindsThatTakeOver: ReadonlySet<string> = new Set(['ransomware', 'security-breach']);

function byFailover(disaster: Disaster, system: ResolvedSystem): Chosen | undefined {
  const { failover, strike } = disaster;
  if (failover === undefined || strike.sites.has(failover.to)) return undefined;
  const replication = system.replication.find(({ to }) => to === failover.to);
  const isMeant =
    failover.systems === undefined ? replication !== undefined : failover.systems.includes(system.name);
  if (!isMeant) return undefined;
  if (system.source === undefined && replication === undefined) {
    const loss = { kind: 'none', why: 'it has no data of its own' } as const;
    const way = { kind: 'fail-over', site: failover.to, replication: 'none' } as const;
    return { way, loss, place: 'other site' };
  }
  if (strike.damageFollows || replication === undefined) return undefined;
  return replicated(replication, failover.to);
}

function replicated({ mode, max_lag: lagMs }: ResolvedSystem['replication'][number], site: string): Chosen {
  const isSynchronous = mode === 'synchronous';
  const loss: Loss = {
    kind: 'bounded',
    valueMs: isSynchronous ? 0 : lagMs,
    origin: 'declared',
    why: isSynchronous ? `writes wait for ${site}` : `the replica at ${site} may be behind by its max_lag`,
  };
  return { way: { kind: 'fail-over', site, replication: mode }, loss, place: 'other site' };
}

interface Candidate {
  readonly vault: ResolvedVault;
  readonly predicted: PredictedLoss;
}

const roleOrder = ['primary', 'secondary', 'archive'] as const;

/**
 * The one that the runbook names, as long as it is there; else the one from which least is lost. Against malice what
 * nobody can delete comes first, unless it holds nothing of use.
 */
function bestVault(
  disaster: Disaster,
  system: ResolvedSystem,
  { from, appliesLogs }: RunbookChoice,
): Candidate | undefined {
  const { plan, scenario, strike, facts, unnoticed, atMs } = disaster;
  const candidates = vaultsOf(plan, system)
    .filter(({ name }) => !strike.vaults.has(name))
    .toSorted((a, b) => roleOrder.indexOf(a.role) - roleOrder.indexOf(b.role))
    .map((vault) => {
      const more = {
        ...(unnoticed === undefined ? {} : { unnoticed }),
        ...(atMs === undefined ? {} : { atMs }),
      };
      return { vault, predicted: predictLoss({ system, vault, appliesLogs, ...more }, facts) };
    });
  const named = candidates.find(({ vault }) => vault.name === from);
  const useful = candidates.filter(({ predicted }) => predicted.loss.kind !== 'everything');
  const safe = useful.filter(({ vault }) => vault.declared.immutability !== undefined);
  const preferred = isMalice(scenario) && safe.length > 0 ? safe : candidates;
  return named ?? preferred.toSorted((a, b) => rank(a) - rank(b))[0];
}

function rank({ predicted: { loss } }: Candidate): number {
  switch (loss.kind) {
    case 'none':
      return 0;
    case 'bounded':
      return loss.valueMs;
    case 'unknown':
      return Number.MAX_SAFE_INTEGER;
    default:
      return Number.POSITIVE_INFINITY;
  }
}

/** A replica that no failover speaks of is no way back: nobody has said how, and nobody has tried. */
function nothingLeft({ plan, strike }: Disaster, system: ResolvedSystem): Chosen {
  const vaults = vaultsOf(plan, system).map(({ name }) => `${name}: ${strike.vaults.get(name) ?? 'gone'}`);
  const replica = strike.damageFollows
    ? undefined
    : system.replication.find(({ to }) => !strike.sites.has(to));
  const which =
    replica === undefined
      ? ''
      : `; the replica at ${replica.to} is there, and no failover says how it is used`;
  const why =
    vaults.length === 0
      ? `no vault holds it${which}`
      : `nothing is left, for no vault survives (${vaults.join('; ')})${which}`;
  return { way: { kind: 'lost', why }, loss: { kind: 'everything', why }, place: 'as it was' };
}

interface Target {
  readonly place: Chosen['place'];
  readonly site?: string;
}

/** Where it can be again: at its own site while that stands, else at the one that is most ready. */
function targetOf({ plan, scenario, strike, failover }: Disaster, system: ResolvedSystem): Target {
  if (!isMachineLost(system, scenario, strike)) return { place: 'as it was' };
  const { site } = system;
  if (site !== undefined && !strike.sites.has(site)) return { place: 'own site', site };
  const ready = Object.keys(plan.sites).filter((name) => !strike.sites.has(name));
  const ofRole = (role: string) => ready.find((name) => factOf(plan.sites, name)?.role === role);
  const planned = failover !== undefined && ready.includes(failover.to) ? failover.to : undefined;
  const chosen = planned ?? ofRole('standby') ?? ofRole('recovery');
  return chosen === undefined ? { place: 'unknown' } : { place: 'other site', site: chosen };
}
