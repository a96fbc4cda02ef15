/** Why an objective is not kept, and what to change: for what comes back, but with too much lost or too late. */
import { formatDuration } from '../duration.ts';
import type { Disaster } from './disaster.ts';
import type { Recovery } from './recovery-tasks.ts';
import type { Blocker, SystemForecast, Verdict } from './simulation.ts';

/** What never comes back is told elsewhere. */
export function missedObjectives(
  disaster: Disaster,
  recovery: Recovery,
  systems: readonly SystemForecast[],
): readonly Blocker[] {
  const late = new Set(
    systems
      .filter((each) => missed(each, 'rto') !== undefined)
      .slice(0, explainedMax)
      .map(({ system }) => system),
  );
  return systems.flatMap((forecast) => [
    ...tooMuchLost(disaster, forecast),
    ...tooLate(recovery, forecast, late.has(forecast.system)),
  ]);
}

/** A path is as long as the plan has steps, so not every one of a thousand systems has its own searched. */
const explainedMax = 20;

function missed({ verdicts }: SystemForecast, objective: Verdict['objective']): Verdict | undefined {
  return verdicts.find((each) => each.objective === objective && each.status === 'breached');
}

function tooMuchLost({ unnoticed }: Disaster, forecast: SystemForecast): readonly Blocker[] {
  const { system, loss, way } = forecast;
  const verdict = missed(forecast, 'rpo');
  if (verdict?.valueMs === undefined || way.kind === 'lost' || loss.kind === 'everything') return [];
  const { valueMs, targetMs, reason } = verdict;
  const least = loss.kind === 'unknown' ? 'at least ' : '';
  const message = `${system} may lose ${least}${formatDuration(valueMs)}, and ${formatDuration(targetMs)} is allowed: ${reason}`;
  const isNoticedLate = unnoticed?.kind === 'known' && unnoticed.valueMs > targetMs && way.kind === 'restore';
  const usual =
    way.kind === 'fail-over' ? 'Shorten the lag of the replica.' : 'Capture it more often, or keep its log.';
  const late = 'See to it that damage is noticed sooner: how long it goes unnoticed is too much alone.';
  const hint = isNoticedLate ? late : ((loss.kind === 'bounded' ? loss.hint : undefined) ?? usual);
  return [missedBlocker(system, message, hint)];
}

function tooLate({ net, backOf }: Recovery, forecast: SystemForecast, isExplained: boolean) {
  const { system, back } = forecast;
  const verdict = missed(forecast, 'rto');
  if (verdict?.valueMs === undefined || back.kind === 'never') return [];
  const least = back.kind === 'unknown' ? 'at least ' : '';
  const after = `${system} is back after ${least}${formatDuration(verdict.valueMs)}, and ${formatDuration(verdict.targetMs)} is allowed`;
  const steps = isExplained ? net.pathTo(backOf.get(system) ?? -1).map((task) => net.stepOf(task)) : [];
  const [longest] = steps.toSorted((a, b) => (b.durationMs ?? 0) - (a.durationMs ?? 0));
  const why =
    longest?.durationMs === undefined || longest.durationMs === 0
      ? ''
      : `; the longest step is ${longest.label}, ${formatDuration(longest.durationMs)} (${longest.origin}: ${longest.says})`;
  return [missedBlocker(system, `${after}${why}`, 'Shorten the steps on its way, or agree on more time.')];
}

function missedBlocker(system: string, message: string, hint: string): Blocker {
  return { severity: 'blocks', kind: 'objective-missed', about: [system], message, hint };
}
