import type { Plan } from '../plan-schema.ts';
import type { ResolvedPlan } from '../resolved-plan.ts';
import { hasOption, operandsOf } from '../shell/call-options.ts';
import { isTrial, transferOf } from '../shell/dump-programs.ts';
import { unpackTarget } from '../shell/load-input.ts';
import type { ProgramCall } from '../shell/program-call.ts';
import { ofLine, shortWords } from './command-place.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { livePlace } from './live-place.ts';
import { commandOfStep, ownSteps, type PlacedStep, runbookEntries } from './runbook-steps.ts';

export const unpackOverLive: LintRule = {
  id: 'unpack-over-live',
  number: 'T27',
  severity: 'error',
  title: 'files are unpacked straight over live ones',
  explanation:
    'What is unpacked over a live folder overwrites newer files, leaves deleted ones among restored ones, and stops in the middle when the archive is broken. ' +
    'Nobody has looked at it before, and the state from before is gone.',
  fix: 'Unpack into an empty folder on the same disk, check it, and put it in place by renaming, with the old folder kept.',
  check: (plan, _facts, written) =>
    runbookEntries(plan).flatMap(([name, book]) =>
      ownSteps(name, book).flatMap((placed) => stepHits(plan, written, placed)),
    ),
};

function stepHits(plan: ResolvedPlan, written: Plan, placed: PlacedStep): readonly LintHit[] {
  const { step, at, systems } = placed;
  if (step.do !== 'restore' && step.do !== 'command') return [];
  const command = commandOfStep(written, placed);
  if (command === undefined) return [];
  const intoProduction = step.do === 'restore' && step.to === 'production';
  return command.read.calls.flatMap((call) => {
    const target = unpackedTo(call);
    if (target === undefined) return [];
    const live = call.isRemote && !intoProduction ? undefined : livePlace(plan, target.place);
    const isLive = live !== undefined || (intoProduction && target.isUnpack && !isBeside(target.place));
    if (!isLive) return [];
    const owner = live ?? systems.slice(0, 3).join(', ');
    const where = `${shortWords(target.place)}${owner === '' ? '' : `, where ${owner} lives`}`;
    const message = `${call.program} writes straight into ${where}, before anybody has looked at what comes out${ofLine(command, call.line)}`;
    const suggestion = 'restore to an empty folder beside it, check it there, then "do: move-into-place"';
    return [{ at: [...at, 'run'], message, suggestion }];
  });
}

interface Target {
  readonly place: string;
  /** An archive that is unpacked, and not a copy. */
  readonly isUnpack: boolean;
}

/** Where a call puts many files at once. What deletes as well is said by another rule. */
function unpackedTo(call: ProgramCall): Target | undefined {
  const unpacked = unpackTarget(call);
  if (unpacked !== undefined) return { place: unpacked, isUnpack: true };
  const transfer = transferOf(call);
  if (transfer !== undefined) {
    if (transfer.deletes !== undefined || isTrial(call)) return undefined;
    const isTree =
      call.program === 'rsync' ||
      / ?sync/.test(call.args[1]?.text ?? '') ||
      hasOption(call, '--recursive', '-r', '-R');
    return isTree ? { place: transfer.to.text, isUnpack: false } : undefined;
  }
  if (call.program !== 'cp' || !hasOption(call, '-r', '-R', '-a', '--recursive', '--archive'))
    return undefined;
  const place = operandsOf(call).at(-1)?.text;
  return place === undefined ? undefined : { place, isUnpack: false };
}

/** A folder whose name says that it is not the live one. */
function isBeside(place: string): boolean {
  return place === '.' || /te?mp|stag|sandbox|restor|scratch|\bnew\b/i.test(place);
}
