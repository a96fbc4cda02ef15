import { sourcePaths } from '../../plan/resolve-source.ts';
import type { ResolvedSystem } from '../../plan/resolved-plan.ts';
import { absolutePath } from '../../platform/absolute-path.ts';

/** An absolute path for one of the plan: `~/` is the home folder, relative ones count from the plan's folder. */
export function planPath(path: string, folder: string): string {
  return absolutePath(path, folder);
}

/** What a system's source reads, absolute, for `paths` of its snapshots and for finding the parent. */
export function systemPaths(system: ResolvedSystem, folder: string): readonly string[] {
  const { source } = system;
  if (source === undefined) return [];
  if (source.kind === 'postgres') return ['/postgresql'];
  if (source.kind === 'command') return [`/command/${source.file}`];
  if (source.kind === 'env')
    return [`/env/${system.name}`, ...source.files.map((file) => planPath(file, folder))];
  return sourcePaths(source).map((path) => planPath(path, folder));
}

/** Absolute path of the database that checks ask, where the system has one; of a server, the folder of all it has. */
export function databasePath(system: ResolvedSystem, folder: string): string | undefined {
  const { source } = system;
  if (source?.kind === 'postgres') return '/postgresql';
  return source?.kind === 'sqlite' ? planPath(source.path, folder) : undefined;
}

/** Where the canary was restored from: the database itself, or the file. */
export function canaryPath(system: ResolvedSystem, folder: string): string | undefined {
  if (system.canary === undefined) return undefined;
  return system.canary.kind === 'file' ? planPath(system.canary.path, folder) : databasePath(system, folder);
}
