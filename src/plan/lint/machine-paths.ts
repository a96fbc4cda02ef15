import type { PlanPath } from '../plan-path.ts';
import { isCapturedSource, sourcePaths } from '../resolve-source.ts';
import type { ResolvedPlan, ResolvedSystem, ResolvedVault } from '../resolved-plan.ts';
import type { SecretReference } from '../secret-reference.ts';
import { systemPlace } from './system-place.ts';

/** A file or folder that the plan expects on the machine it runs on. */
export interface MachinePath {
  readonly at: PlanPath;
  /** As written; relative ones count from the plan's folder. */
  readonly path: string;
  /** Whose it is, in words: `the vault here`. */
  readonly what: string;
}

/**
 * What backups from this machine read and write: sources, vaults that are folders, files that keys are read from.
 * Places are those of the plan's file. Sources that this version does not capture from name paths of other machines.
 */
export function machinePaths({ systems, vaults, deadManUrl }: ResolvedPlan): readonly MachinePath[] {
  const deadMan = { at: ['dead_man_url'], what: "the dead man's switch" };
  return [
    ...vaults.flatMap(pathsOfVault),
    ...systems.flatMap(pathsOfSystem),
    ...(deadManUrl?.kind === 'literal' ? [] : secretFile(deadManUrl, deadMan)),
  ];
}

function pathsOfVault({ name, location, store, password }: ResolvedVault): readonly MachinePath[] {
  const folder = { at: ['vaults', name, 'location'], path: location, what: `the vault ${name}` };
  const key = { at: ['vaults', name, 'password'], what: `the key of the vault ${name}` };
  return [...(store === 'folder' ? [folder] : []), ...secretFile(password, key)];
}

function pathsOfSystem({ name, source }: ResolvedSystem): readonly MachinePath[] {
  if (source === undefined || !isCapturedSource(source)) return [];
  const place = (index: number): PlanPath => {
    if (source.kind === 'sqlite') return systemPlace(name, 'source', 'path');
    return systemPlace(name, 'source', source.kind === 'env' ? 'files' : 'paths', index);
  };
  return sourcePaths(source).map((path, index) => ({
    at: place(index),
    path,
    what: `the source of ${name}`,
  }));
}

function secretFile(
  secret: SecretReference | undefined,
  about: Omit<MachinePath, 'path'>,
): readonly MachinePath[] {
  return secret?.kind === 'file' || secret?.kind === 'kms' ? [{ ...about, path: secret.path }] : [];
}
