/** What stands in the way: things without which nothing comes back or nobody knows when, and things that may go wrong. */
import { factOf } from '../lint/plan-facts.ts';
import { canBeReached, contactsBehind } from '../lint/responders.ts';
import type { Chosen } from './choose-way.ts';
import type { Disaster } from './disaster.ts';
import type { UnknownFigure } from './figure.ts';
import { missedObjectives } from './missed-objectives.ts';
import { notCarriedOut } from './not-carried-out.ts';
import type { Recovery } from './recovery-tasks.ts';
import { escalationOf } from './response-figures.ts';
import { runbookChoice } from './runbook-choice.ts';
import type { Blocker, SystemForecast } from './simulation.ts';
import { isMalice } from './strike.ts';
import { needStates } from './struck-needs.ts';

/** Those that block first; several systems with the same trouble share one. */
export function findBlockers(
  disaster: Disaster,
  chosen: ReadonlyMap<string, Chosen>,
  recovery: Recovery,
  systems: readonly SystemForecast[],
): readonly Blocker[] {
  const found = [
    ...emptyStrike(disaster),
    ...lostSystems(systems),
    ...unknownLosses(systems),
    ...circles(recovery),
    ...unknownDurations(recovery),
    ...needTroubles(disaster, recovery),
    ...runbookTroubles(disaster, chosen, recovery),
    ...peopleTroubles(disaster, recovery),
    ...channelTroubles(disaster),
    ...missedObjectives(disaster, recovery, systems),
    ...notCarriedOut(disaster, chosen),
  ];
  return found.toSorted((a, b) => Number(a.severity === 'doubt') - Number(b.severity === 'doubt'));
}

function emptyStrike({ affected, name }: Disaster): readonly Blocker[] {
  if (affected.length > 0) return [];
  const message = `${name} strikes no system, so there is nothing to forecast`;
  const hint = 'Name what is lost in strikes, or the site of each system.';
  return [{ severity: 'blocks', kind: 'strikes-nothing', about: [name], message, hint }];
}

function lostSystems(systems: readonly SystemForecast[]): readonly Blocker[] {
  return systems.flatMap(({ system, way, loss }) =>
    way.kind === 'lost'
      ? [
          {
            severity: 'blocks' as const,
            kind: 'no-surviving-vault' as const,
            about: [system],
            message: `${system}: ${way.why}`,
            hint: (loss.kind === 'everything' ? loss.hint : undefined) ?? reachHint,
          },
        ]
      : [],
  );
}

const reachHint = 'Keep it in a vault that this disaster does not reach.';

function unknownLosses(systems: readonly SystemForecast[]): readonly Blocker[] {
  const whys = new Map<string, string[]>();
  for (const { system, loss } of systems)
    if (loss.kind === 'unknown') whys.set(loss.why, [...(whys.get(loss.why) ?? []), system]);
  return [...whys].map(([why, about]) => {
    const isSchedule = why.startsWith('no schedule');
    return {
      severity: 'blocks',
      kind: isSchedule ? 'no-schedule' : 'unknown-damage',
      about,
      message: why,
      hint: isSchedule
        ? 'Write a schedule.'
        : 'Write unnoticed_for of the scenario, and a retention in days that reaches further back.',
    };
  });
}

function circles({ net }: Recovery): readonly Blocker[] {
  return net.cycles.map((cycle) => {
    const about = [...new Set(cycle.flatMap((task) => net.tasks[task]?.system ?? []))];
    return {
      severity: 'blocks',
      kind: 'cycle',
      about,
      message: `each of these waits for the others: ${about.join(', ')}`,
      hint: 'Write a fallback for the recovery need, or take one dependency out.',
    };
  });
}

function unknownDurations({ net }: Recovery): readonly Blocker[] {
  const unknowns = new Map<string, { readonly figure: UnknownFigure; readonly about: Set<string> }>();
  for (const { figure, system, kind } of net.tasks) {
    if (figure.kind === 'known' || kind === 'mark') continue;
    const { about } = unknowns.get(figure.says) ?? { about: new Set<string>() };
    if (system !== undefined) about.add(system);
    unknowns.set(figure.says, { figure, about });
  }
  return [...unknowns.values()].map(({ figure, about }) => ({
    severity: 'blocks',
    kind: 'unknown-duration',
    about: [...about],
    message: figure.says,
    hint: figure.hint,
  }));
}

function needTroubles(disaster: Disaster, { runbooks }: Recovery): readonly Blocker[] {
  return needStates(disaster, runbooks).flatMap(({ name, need, state, carriers }): readonly Blocker[] => {
    if (state === 'there') return [];
    const how = carriers.length > 0 ? `runs on ${carriers.join(', ')}` : `is at the site ${need.site ?? ''}`;
    const then = {
      fallback: `instead: ${need.fallback ?? ''}`,
      later: 'so it must be back first',
      struck: 'and nothing stands in for it',
    }[state];
    const message = `the recovery needs ${name} (${need.kind}), which ${how} and is struck as well; ${then}`;
    const hint =
      state === 'fallback' ? 'Rehearse the fallback in a drill.' : `Write a fallback of ${name}, or move it.`;
    const severity = state === 'struck' ? 'blocks' : 'doubt';
    return [{ severity, kind: 'need-struck', about: [name], message, hint }];
  });
}

function runbookTroubles(
  disaster: Disaster,
  chosen: ReadonlyMap<string, Chosen>,
  { withoutPlace, withoutRestore, withoutRunbook }: Recovery,
): readonly Blocker[] {
  const trouble = (
    severity: Blocker['severity'],
    kind: Blocker['kind'],
    about: readonly string[],
    words: string,
    hint: string,
  ): readonly Blocker[] =>
    about.length === 0 ? [] : [{ severity, kind, about, message: `${listed(about)}: ${words}`, hint }];
  return [
    ...trouble(
      'blocks',
      'no-site',
      withoutPlace,
      'the plan names no place to come back to',
      'Declare a site with the role standby or recovery.',
    ),
    ...trouble(
      'doubt',
      'runbook',
      withoutRestore,
      'the runbook has no step that restores the data, so a plain restore is counted',
      'Add a restore step.',
    ),
    ...trouble(
      'doubt',
      'no-runbook',
      withoutRunbook,
      'no runbook says how, so a plain recovery is counted',
      'Write a runbook and name it in the scenario or the system.',
    ),
    ...goneVaults(disaster, chosen),
    ...trouble(
      'doubt',
      'vault-exposed',
      exposedVaults(disaster, chosen),
      'not immutable, so whoever got in may have deleted what is counted on',
      'Declare immutability of the vault.',
    ),
  ];
}

function exposedVaults({ plan, scenario }: Disaster, chosen: ReadonlyMap<string, Chosen>): readonly string[] {
  if (!isMalice(scenario)) return [];
  const used = new Set(
    [...chosen.values()].map(({ way }) => (way.kind === 'restore' ? way.vault : undefined)),
  );
  return plan.vaults
    .filter(({ name, declared }) => used.has(name) && declared.immutability === undefined)
    .map(({ name }) => name);
}

/** A runbook that restores from a vault which the disaster takes. */
function goneVaults(disaster: Disaster, chosen: ReadonlyMap<string, Chosen>): readonly Blocker[] {
  return disaster.affected.flatMap((system): readonly Blocker[] => {
    const way = chosen.get(system.name)?.way;
    const { from } = runbookChoice(disaster, system);
    if (way?.kind !== 'restore' || from === undefined || way.vault === from) return [];
    const message = `${system.name}: its runbook restores from ${from}, which is not there; ${way.vault} is counted`;
    const hint = 'Leave `from` out, or write a runbook for this disaster.';
    return [{ severity: 'doubt', kind: 'runbook', about: [system.name], message, hint }];
  });
}

function peopleTroubles(disaster: Disaster, { runbooks }: Recovery): readonly Blocker[] {
  const { plan, scenario } = disaster;
  const escalation = escalationOf(plan, scenario);
  const levels = escalation === undefined ? [] : (factOf(plan.escalations, escalation)?.levels ?? []);
  const called = levels.flatMap(({ who }) => who);
  if (called.length === 0)
    return [
      {
        severity: 'doubt',
        kind: 'no-people',
        about: [disaster.name],
        message: `nothing says who is called${runbooks.length === 0 ? ' and who does the work' : ''}`,
        hint: 'Name an escalation in the scenario.',
      },
    ];
  const silent = contactsBehind(plan, called).filter(({ contact }) => !canBeReached(contact));
  const endless = levels.some(({ timeout }, index) => timeout === undefined && index < levels.length - 1);
  return [
    ...(silent.length === 0 ? [] : [silentPeople(silent.map(({ name }) => name))]),
    ...(endless ? [endlessLevel(escalation ?? '')] : []),
  ];
}

function silentPeople(about: readonly string[]): Blocker {
  const message = `${listed(about)}: no telephone number, no address`;
  return { severity: 'doubt', kind: 'no-answer', about, message, hint: 'Write how they are reached.' };
}

function endlessLevel(escalation: string): Blocker {
  const message = `${escalation} has a level without a time-out, so the next one is never called`;
  return {
    severity: 'doubt',
    kind: 'no-answer',
    about: [escalation],
    message,
    hint: 'Write a timeout for each level.',
  };
}

/** Ways to reach people that fall silent with the disaster. */
function channelTroubles({ plan, strike, scenario }: Disaster): readonly Blocker[] {
  const used = new Set(
    scenario.communication
      ? Object.values(plan.communication?.audiences ?? {}).flatMap(({ channels }) => channels)
      : [],
  );
  const silent = [...used].filter((name) =>
    factOf(plan.channels, name)?.depends_on?.some((system) => strike.systems.has(system)),
  );
  if (silent.length === 0) return [];
  const all = silent.length === used.size ? ', and there is no other' : '';
  const message = `${listed(silent)}: silent, for what it runs on is struck${all}`;
  const hint = 'Add a channel that does not depend on these systems.';
  return [{ severity: 'doubt', kind: 'channel-struck', about: silent, message, hint }];
}

const listedMax = 5;

function listed(names: readonly string[]): string {
  const more = names.length - listedMax;
  return `${names.slice(0, listedMax).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
