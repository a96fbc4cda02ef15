/** The parts of a forecast in words, for table and picture alike. */
import { unreachable } from '../../error/assert.ts';
import { durationText } from '../../objective/duration-text.ts';
import type { Back, Loss, RecoveryWay, SystemForecast, Verdict } from '../../plan/simulate/simulation.ts';

export function lossText(loss: Loss): string {
  switch (loss.kind) {
    case 'none':
      return 'nothing';
    case 'bounded':
      return durationText(loss.valueMs);
    case 'unknown':
      return atLeast(loss.atLeastMs);
    case 'everything':
      return 'everything';
    default:
      return unreachable(loss);
  }
}

export function backText(back: Back): string {
  switch (back.kind) {
    case 'known':
      return durationText(back.atMs);
    case 'unknown':
      return atLeast(back.atLeastMs);
    case 'never':
      return 'never';
    default:
      return unreachable(back);
  }
}

function atLeast(valueMs: number): string {
  return valueMs === 0 ? '?' : `≥ ${durationText(valueMs)}`;
}

/** ` of 1 h`; ` of –` where nothing is promised. */
export function targetText({ verdicts }: SystemForecast, objective: Verdict['objective']): string {
  const verdict = verdicts.find((each) => each.objective === objective);
  return verdict === undefined ? ' of –' : ` of ${durationText(verdict.targetMs)}`;
}

export function wayText(way: RecoveryWay): string {
  switch (way.kind) {
    case 'wait':
      return 'waits for others';
    case 'restore':
      return `from ${way.vault}${way.usesLogs ? ' and logs' : ''}${at(way.site)}`;
    case 'fail-over':
      return `fail-over to ${way.site}`;
    case 'rebuild':
      return `rebuild${at(way.site)}`;
    case 'restart':
      return 'restart';
    case 'lost':
      return 'nothing is left';
    default:
      return unreachable(way);
  }
}

function at(site: string | undefined): string {
  return site === undefined ? '' : ` at ${site}`;
}

/** The worse of where loss and time come from; nothing where there is no figure. */
export function originText({ loss, back }: SystemForecast): string {
  const origins = [loss.kind === 'bounded' ? loss.origin : '', back.kind === 'known' ? back.origin : ''];
  return ['assumed', 'declared', 'measured'].find((each) => origins.includes(each)) ?? '–';
}
