/** Restores a system of a scene as the command does: find a point, preview, apply. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { planHistory } from '../../src/cli/plan/plan-history.ts';
import { chosenSystems } from '../../src/cli/plan/plan-session.ts';
import {
  applySystemRestore,
  previewSystemRestore,
  type RestoreSystemRequest,
} from '../../src/cli/plan/restore-system.ts';
import { findPoint, noPoint } from '../../src/cli/plan/verify-systems.ts';
import type { RestoreOutcome } from '../../src/restore/apply-restore.ts';
import { choosePaths } from '../../src/restore/path-choice.ts';
import type { RestorePreview } from '../../src/restore/preview-restore.ts';
import type { PlanScene } from './plan-scene.ts';

export interface Wanted {
  readonly system: string;
  readonly to?: string;
  readonly include?: readonly string[];
  readonly vault?: string;
  readonly atMs?: number;
  readonly pointId?: string;
  readonly overwrite?: boolean;
  readonly withoutSafetyCopy?: boolean;
}

/** In place unless `to` says where. */
export async function restore(
  scene: PlanScene,
  wanted: Wanted,
): Promise<{ readonly preview: RestorePreview; readonly outcome: RestoreOutcome }> {
  return await withRequest(scene, wanted, async (request) => {
    const preview = await previewSystemRestore(scene.context, request);
    return { preview, outcome: await applySystemRestore(scene.context, request, preview) };
  });
}

export async function withRequest<T>(
  scene: PlanScene,
  { system, to = 'in-place', include = [], overwrite = false, withoutSafetyCopy = false, ...pick }: Wanted,
  work: (request: RestoreSystemRequest) => Promise<T>,
): Promise<T> {
  return await scene.run(async (session, vaults) => {
    const histories = await planHistory(scene.context, session, vaults, true);
    const found = findPoint({ histories, ...pick }, system);
    if (found === undefined) throw noPoint(system);
    const [planned] = chosenSystems(session.plan, [system]);
    assert.ok(planned);
    return await work({
      session,
      vaults,
      system: planned,
      found,
      to,
      choice: choosePaths(include),
      overwrite,
      withoutSafetyCopy,
    });
  });
}

/** Names of unfinished restores anywhere below the scene's folder. */
export function leftStagings(scene: PlanScene): string[] {
  return fs
    .readdirSync(join(scene.folder, '..'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.lifeboat-staging-[^/]+$/.test(name));
}
