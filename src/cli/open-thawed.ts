/** Opens a vault of which even config, keys or index may lie in an archive class. */

import type { ThawWish } from '../thaw/thaw-objects.ts';
import { smallObjects, stageOf } from '../thaw/thaw-stages.ts';
import { archiveAccess } from '../vault/archive-access.ts';
import type { Vault } from '../vault/vault.ts';
import type { CliContext, VaultRequest } from './cli-context.ts';
import { thawStage } from './thaw-first.ts';

/** Raises OBJECT_COLD without a wish, THAW_PENDING, and what opening raises. Thawing costs money: the wish is the consent. */
export async function openThawed(
  context: CliContext,
  request: VaultRequest,
  wish: ThawWish | undefined,
): Promise<Vault> {
  try {
    return await context.openVault(request);
  } catch (error) {
    if (stageOf(error) !== 'small') throw error;
    await using store = await context.openStore(request);
    const archive = archiveAccess(store);
    if (archive === undefined) throw error;
    const objects = await smallObjects(archive, context.signal);
    const asked = { wish, isPreview: false, consent: async () => undefined };
    await thawStage(context, asked, { archive, stage: 'small', objects });
  }
  return await context.openVault(request);
}
