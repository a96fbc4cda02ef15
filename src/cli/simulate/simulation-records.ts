/** A simulation as JSON objects, one for each thing; all times are milliseconds since the disaster. */
import type {
  CriticalPath,
  RecoveryWay,
  Simulation,
  SystemForecast,
  TimelineTask,
} from '../../plan/simulate/simulation.ts';
import type { JsonRecord } from '../output.ts';
import { wayText } from './forecast-words.ts';

export function simulationRecords(simulation: Simulation): readonly JsonRecord[] {
  const { shared, systems, criticalPath, blockers, people, services } = simulation;
  return [
    { type: 'simulation', ...headFields(simulation) },
    ...shared.map((task) => ({ type: 'shared_task', ...taskFields(task) })),
    ...systems.map(systemRecord),
    { type: 'critical_path', ...pathFields(criticalPath) },
    ...blockers.map(({ kind, ...rest }) => ({ type: 'blocker', reason: kind, ...rest })),
    ...people.map(({ kind, ...rest }) => ({ type: 'person', kind, ...rest })),
    ...services.map(({ kind, answersWithinMs, ...rest }) => ({
      type: 'service',
      kind,
      ...rest,
      answers_within_ms: answersWithinMs,
    })),
  ];
}

function headFields({ scenario, kind, description, atMs, status, ...rest }: Simulation) {
  return {
    scenario,
    kind,
    description,
    at: atMs === undefined ? 'worst case' : new Date(atMs).toISOString(),
    status,
    struck_sites: rest.struckSites,
    struck_vaults: rest.struckVaults,
    unaffected: rest.unaffected,
  };
}

function systemRecord({
  system,
  tier,
  state,
  way,
  loss,
  back,
  tasks,
  verdicts,
  status,
  ...rest
}: SystemForecast) {
  return {
    type: 'system',
    system,
    tier,
    state,
    status,
    way: wayFields(way),
    loss: {
      kind: loss.kind,
      why: loss.why,
      ...(loss.kind === 'bounded' ? { value_ms: loss.valueMs, origin: loss.origin } : {}),
      ...(loss.kind === 'unknown' ? { at_least_ms: loss.atLeastMs } : {}),
    },
    back: {
      kind: back.kind,
      ...(back.kind === 'known' ? { at_ms: back.atMs, origin: back.origin } : { why: back.why }),
      ...(back.kind === 'unknown' ? { at_least_ms: back.atLeastMs } : {}),
    },
    objectives: verdicts.map(({ objective, targetMs, from, status: verdict, valueMs, reason }) => ({
      kind: objective,
      target_ms: targetMs,
      from,
      status: verdict,
      value_ms: valueMs,
      reason,
    })),
    critical: rest.isOnCriticalPath,
    tasks: tasks.map(taskFields),
  };
}

function wayFields(way: RecoveryWay) {
  const words = wayText(way);
  if (way.kind !== 'restore') return { ...way, words };
  const { usesLogs, ...rest } = way;
  return { ...rest, uses_logs: usesLogs, words };
}

function taskFields({ kind, label, startMs, endMs, origin, says, isStartKnown, isCritical }: TimelineTask) {
  return {
    kind,
    label,
    start_ms: startMs,
    end_ms: endMs,
    origin: origin ?? 'unknown',
    says,
    start_known: isStartKnown,
    critical: isCritical,
  };
}

function pathFields({ system, totalMs, isKnown, steps }: CriticalPath) {
  return {
    system,
    total_ms: totalMs,
    known: isKnown,
    steps: steps.map(({ label, system: of, durationMs, origin, says }) => ({
      label,
      system: of,
      duration_ms: durationMs,
      origin: origin ?? 'unknown',
      says,
    })),
  };
}
