import type { AlertPlan, ResolvedPlan } from '../resolved-plan.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { namesInWords } from './names-in-words.ts';
import { isSilent } from './recovery-need.ts';
import { struckBy } from './struck.ts';

export const monitoringGaps: LintRule = {
  id: 'monitoring-gaps',
  number: 'M1',
  severity: 'warning',
  title: 'nobody is told when it matters',
  explanation:
    'Alerts that leave out failed backups, failed restore tests or a log that falls behind are silent when the plan begins ' +
    'to fail. Alerts that go through a system that is struck are silent when the disaster is there.',
  fix: 'Add the missing alert, or a channel that stands elsewhere.',
  check: (plan) => [...missingAlerts(plan), ...silentAlerts(plan), ...unwatchedReplicas(plan)],
};

const needed: readonly { readonly when: readonly AlertPlan['when'][]; readonly words: string }[] = [
  { when: ['backup-failed'], words: 'a backup fails' },
  { when: ['restore-test-failed'], words: 'a restore test fails' },
  { when: ['backup-age', 'log-lag', 'forecast-breach'], words: 'backups become too old' },
];

/** Only for plans that have begun to speak of alerts; `on_failure` tells of failed runs as well. */
function missingAlerts(plan: ResolvedPlan): readonly LintHit[] {
  const alerts = Object.entries(plan.alerts);
  const [first] = alerts;
  if (first === undefined) return [];
  const told = new Set(alerts.map(([, { when }]) => when));
  if (plan.onFailure !== undefined) told.add('backup-failed').add('restore-test-failed');
  const missing = needed.filter(({ when }) => !when.some((each) => told.has(each)));
  if (missing.length === 0) return [];
  return [
    {
      at: ['alerts'],
      onKey: true,
      message: `${alerts.length} alert${alerts.length === 1 ? '' : 's'}, and none is raised when ${inWords(missing.map(({ words }) => words))}`,
      suggestion: `add "when: ${missing[0]?.when[0]}"`,
    },
  ];
}

/** Each of them is missing, so that "and" would say less than what is meant. */
function inWords(events: readonly string[]): string {
  return events.length < 2 ? `${events[0] ?? ''}` : `${events.slice(0, -1).join(', ')} or ${events.at(-1)}`;
}

function silentAlerts(plan: ResolvedPlan): readonly LintHit[] {
  const struck = Object.entries(plan.scenarios).map(([name, scenario]) => ({
    name,
    struck: struckBy(plan, scenario),
  }));
  return Object.entries(plan.alerts).flatMap(([name, { channels }]): readonly LintHit[] => {
    const silent = struck.filter((each) => channels.every((channel) => isSilent(plan, channel, each.struck)));
    const [first] = silent;
    if (first === undefined) return [];
    return [
      {
        at: ['alerts', name, 'channels'],
        message: `${name} is told through ${namesInWords(channels)} only, which ${namesInWords(silent.map((each) => each.name))} takes away`,
        suggestion: 'add a channel that stands elsewhere',
        relatedAt: { at: ['scenarios', first.name], message: 'the disaster that takes it' },
      },
    ];
  });
}

/** A replica that stands still looks well until it is needed. */
function unwatchedReplicas(plan: ResolvedPlan): readonly LintHit[] {
  const [first] = Object.keys(plan.alerts);
  if (first === undefined) return [];
  const replicated = plan.systems.filter(({ replication }) => replication.length > 0);
  const told = Object.values(plan.alerts).filter(({ when }) => when === 'replication-lag');
  const untold = replicated.filter(
    ({ name }) => !told.some(({ systems }) => systems?.includes(name) ?? true),
  );
  const [system] = untold;
  if (system === undefined) return [];
  return [
    {
      at: ['systems', system.name, 'replication'],
      message: `no alert is raised when the replica of ${namesInWords(untold.map(({ name }) => name))} falls behind`,
      suggestion: 'add "when: replication-lag"',
    },
  ];
}
