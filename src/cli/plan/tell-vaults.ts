/** Says how each vault stands: a line for each thing, and one JSON object for each vault. */
import type { Output } from '../output.ts';
import type { Style } from '../style.ts';
import { wrapText } from '../wrap-text.ts';
import type { Facet, FacetStatus } from './facet.ts';
import type { VaultState } from './vault-state.ts';

const words: Readonly<Record<FacetStatus, string>> = {
  ok: 'ok',
  none: '–',
  owed: 'owed',
  late: 'LATE',
  unknown: 'UNKNOWN',
  failed: 'FAILED',
};

const names: Readonly<Record<Facet['name'], string>> = {
  reading: 'reading',
  points: 'points',
  damage: 'damage',
  copies: 'copies',
  store: 'store',
  reread: 're-read',
  deletion: 'deletion',
  immutable: 'immutable',
  key: 'key',
};

export async function tellVaults(output: Output, states: readonly VaultState[]): Promise<void> {
  for (const { vault, role, facets } of states) {
    const facts = Object.fromEntries(
      facets.map(({ name, status, words: reason, fields }) => [name, { status, reason, ...fields }]),
    );
    const lines = facets.map((facet) => facetLine(facet, output));
    const title = output.style.bold(vault === role ? vault : `${vault} (${role})`);
    await output.result({ type: 'vault', vault, role, ...facts }, [title, ...lines].join('\n'));
  }
}

function facetLine({ name, status, words: reason }: Facet, { columns, style }: Output): string {
  const text = `  ${words[status].padEnd(8)} ${names[name].padEnd(9)} ${reason}`;
  return painter(status, style)(wrapText(text, columns, '    '));
}

function painter(status: FacetStatus, style: Style): (text: string) => string {
  if (status === 'ok' || status === 'none' || status === 'owed') return style.dim;
  return status === 'failed' ? style.red : style.yellow;
}
