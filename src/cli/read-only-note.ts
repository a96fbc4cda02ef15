import { locationText, parseLocation } from '../config/location.ts';
import type { CliContext, VaultRequest } from './cli-context.ts';

/** Says that a vault which cannot be written is read without a lock, so that nobody trusts in one. */
export async function noteReadOnly(
  { adapters, output, folder }: CliContext,
  request: VaultRequest,
): Promise<boolean> {
  const location = parseLocation(request.location, request.folder ?? folder);
  if (await adapters.isWritable(location)) return false;
  output.note(`the vault ${locationText(location)} cannot be written: reading without a lock`);
  return true;
}
