import type { PlanPath } from '../plan-path.ts';
import type { ResolvedPlan } from '../resolved-plan.ts';
import { systemPlace } from './system-place.ts';

/** A command that stands in the plan, with its place. */
export interface PlanCommand {
  readonly at: PlanPath;
  /** One text: the words for `sh -c`, or the arguments with spaces between. */
  readonly text: string;
  readonly shell: boolean;
  /** Its output is what is kept. */
  readonly isCapture: boolean;
}

export function planCommands(plan: ResolvedPlan): readonly PlanCommand[] {
  const failure = plan.onFailure;
  const onFailure =
    failure === undefined ? [] : [commandAt(['on_failure', 'command'], failure.command, false)];
  return [...plan.systems.flatMap(systemCommands), ...onFailure];
}

function systemCommands({ name, source, checks }: ResolvedPlan['systems'][number]): readonly PlanCommand[] {
  const capture =
    source?.kind === 'command' ? [commandAt(systemPlace(name, 'source', 'run'), source.run, true)] : [];
  const checking = checks.flatMap((check, index) =>
    check.kind === 'command' ? [commandAt(systemPlace(name, 'checks', index, 'run'), check.run, false)] : [],
  );
  return [...capture, ...checking];
}

function commandAt(at: PlanPath, run: string | readonly string[], isCapture: boolean): PlanCommand {
  return typeof run === 'string'
    ? { at, text: run, shell: true, isCapture }
    : { at, text: run.join(' '), shell: false, isCapture };
}
