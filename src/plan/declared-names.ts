/** The names that a file declares, also those whose content has errors. */
import { valueAt } from './plan-path.ts';
import type { ReferenceKind } from './schema/field-facts.ts';

/** Absent for tiers and data classes that the file has no block for: then any name may be used. */
export type DeclaredNames = ReadonlyMap<ReferenceKind, ReadonlySet<string>>;

/** Where names of each kind are declared. A responder is a contact, a team or a rota. */
export const nameBlocks: Readonly<Record<ReferenceKind, readonly (readonly string[])[]>> = {
  system: [['systems']],
  vault: [['vaults']],
  tier: [['tiers']],
  'data class': [['data_classes']],
  site: [['sites']],
  failover: [['failovers']],
  scenario: [['scenarios']],
  runbook: [['runbooks']],
  drill: [['drills']],
  probe: [['probes']],
  alert: [['alerts']],
  channel: [['channels']],
  responder: [['contacts'], ['teams'], ['rotas']],
  template: [['communication', 'templates']],
  vendor: [['vendors']],
  'recovery need': [['recovery_needs']],
  escalation: [['escalations']],
  destination: [['destinations']],
};

const mayBeUndeclared: readonly ReferenceKind[] = ['tier', 'data class'];

export function declaredNames(root: unknown): DeclaredNames {
  const names = new Map<ReferenceKind, ReadonlySet<string>>();
  for (const [kind, blocks] of Object.entries(nameBlocks) as [
    ReferenceKind,
    readonly (readonly string[])[],
  ][]) {
    const found = blocks.map((path) => valueAt(root, path)).filter((value) => isMap(value));
    if (found.length === 0 && mayBeUndeclared.includes(kind)) continue;
    names.set(kind, new Set(found.flatMap((value) => Object.keys(value))));
  }
  return names;
}

function isMap(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
