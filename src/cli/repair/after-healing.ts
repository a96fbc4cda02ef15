/** What healing cannot do by itself: keys of which no copy is left, and the proof that what was made anew can be restored. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { CheckFinding } from '../../repository/repository-types.ts';
import type { Vault } from '../../vault/vault.ts';
import type { CliContext, VaultRequest } from '../cli-context.ts';
import type { CommandEnd } from '../command.ts';
import { lostKeys } from '../lost-parts.ts';
import { plural } from '../quantity-text.ts';
import { vaultWord } from '../vault-word.ts';

/** Gone with their copies, past the records. A plain repository keeps none. */
export async function goneKeys(
  { name }: VaultRequest,
  vault: Vault,
  signal: AbortSignal,
): Promise<readonly CheckFinding[]> {
  if (vault.spares === undefined) return [];
  const { records } = await vault.records(signal);
  const small = await vault.spares.check(false, signal);
  return await lostKeys(vault, vaultWord(name, vault), records, new Set(small.map(({ key }) => key)), signal);
}

export async function tellGoneKeys({ output }: CliContext, gone: readonly CheckFinding[]): Promise<void> {
  for (const { object, what, hint } of gone)
    await output.result(
      { type: 'lost', object, what, hint },
      `${output.style.red('not mended')}: ${object} ${what}\n  → ${hint}`,
    );
}

/** Beyond mending is no good end, however well the rest went. */
export function withGoneKeys(
  { location }: Vault,
  [first, ...more]: readonly CheckFinding[],
  end: CommandEnd,
): CommandEnd {
  if (first === undefined) return end;
  const gone = [first, ...more].map(({ object }) => object);
  const summary = { ...end.summary, keys_gone: gone };
  const error = new LifeboatError(
    'HEAL_INCOMPLETE',
    `nothing can bring back ${plural(gone.length, 'key')} of ${location}: gone with the copy`,
    { hint: first.hint, details: { object: first.object, keys: gone.length } },
  );
  return { ...end, summary, error: end.error ?? error };
}

/** Healing reads back what it made; only a restore proves the points again. */
export async function tellNextStep(
  { output }: CliContext,
  { name }: VaultRequest,
  { summary }: CommandEnd,
): Promise<CommandEnd['summary']> {
  const mended: unknown = summary['mended'];
  const isOfData = (key: unknown): boolean => /^(?:data|index|snapshots)\//.test(String(key));
  const isHealed = Array.isArray(mended) && mended.some(isOfData);
  if (name === undefined || !(isHealed || summary['index_made_anew'] === true)) return summary;
  const next = `lifeboat verify --vault ${name}`;
  await output.text(`next: \`${next}\`, which proves by a restore that the points can be counted on again`);
  return { ...summary, next };
}
