/** Points that somebody names for copying: by the id that they have in any vault, for a copy has an id of its own. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { copyRoute } from '../../plan/copy-route.ts';
import type { ResolvedPlan, ResolvedSystem } from '../../plan/resolved-plan.ts';
import type { RecoveryPoint } from '../../recovery-point/recovery-point.ts';
import type { VaultHistory } from './plan-history.ts';

/** What was captured once, in whichever vaults it is. */
export interface AskedState {
  readonly system: string;
  readonly capturedAtMs: number;
  /** As it was asked for. */
  readonly id: string;
}

/** Raises SNAPSHOT_NOT_FOUND for an id that no vault has. */
export function askedStates(
  ids: readonly string[],
  systems: readonly ResolvedSystem[],
  histories: readonly VaultHistory[],
): readonly AskedState[] {
  const names = new Set(systems.map(({ name }) => name));
  const points = histories.flatMap((history) => history.points).filter(({ system }) => names.has(system));
  return ids.flatMap((id) => {
    const found = points.filter((point) => id !== '' && point.id.startsWith(id));
    if (found.length === 0) throw notFound(id, histories);
    return found.map(({ system, capturedAtMs }) => ({ system, capturedAtMs, id }));
  });
}

export function isAsked(states: readonly AskedState[], { system, capturedAtMs }: RecoveryPoint): boolean {
  return states.some((state) => state.system === system && state.capturedAtMs === capturedAtMs);
}

export interface LackingVault {
  readonly state: AskedState;
  readonly vault: string;
}

/** Vaults that a state was to go to and that have not got it. Those that cannot be read have an error of their own. */
export function stillLacking(
  plan: ResolvedPlan,
  states: readonly AskedState[],
  histories: readonly VaultHistory[],
  isTarget: (vault: string) => boolean,
): readonly LackingVault[] {
  return states.flatMap((state) => {
    const system = plan.systems.find(({ name }) => name === state.system);
    const route = system === undefined ? [] : copyRoute(plan, system).vaults;
    const targets = new Set(route.map(({ name }) => name).filter(isTarget));
    return histories
      .filter(({ vault, trouble }) => targets.has(vault) && trouble === undefined)
      .filter(({ points }) => !points.some((point) => isAsked([state], point)))
      .map(({ vault }) => ({ state, vault }));
  });
}

export function cannotBeGiven([first]: readonly LackingVault[]): LifeboatError | undefined {
  if (first === undefined) return undefined;
  const { state, vault } = first;
  return new LifeboatError(
    'COPY_INCOMPLETE',
    `point ${state.id.slice(0, 8)} is not in ${vault}, and no vault that it may come from has it whole`,
    { hint: 'Run `lifeboat points` to see what speaks against it, and leave out --from if you gave it.' },
  );
}

function notFound(id: string, histories: readonly VaultHistory[]): LifeboatError {
  const unread = histories.flatMap(({ vault, trouble }) => (trouble === undefined ? [] : [vault]));
  const note = unread.length === 0 ? '' : `; not read: ${unread.join(', ')}`;
  return new LifeboatError('SNAPSHOT_NOT_FOUND', `no vault has a point whose id begins with "${id}"${note}`, {
    hint: 'Run `lifeboat points` to see the ids.',
  });
}
