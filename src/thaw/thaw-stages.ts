/**
 * What must be read before it is known which data a restore needs. A vault of ours keeps all of it warm; where a rule
 * of the store has moved it, it is thawed stage by stage: first what is small, then the folders, then the data.
 */
import { hasCode, type LifeboatError } from '../error/lifeboat-error.ts';
import type { NeededPack, Repository } from '../repository/repository-types.ts';
import type { ArchiveAccess } from '../vault/archive-access.ts';

/** `small`: config, keys, index, snapshots and what lies below lifeboat/; `folders`: the packs of trees. */
export type ThawStage = 'small' | 'folders';

export const stageWords: Readonly<Record<ThawStage, string>> = {
  small: 'the index and the small objects of the vault',
  folders: 'the folders of the vault',
};

const dataPrefix = 'data/';

/** Which stage the object belongs to that could not be read; `undefined` for another error. */
export function stageOf(error: unknown): ThawStage | undefined {
  if (!hasCode(error, 'OBJECT_COLD')) return undefined;
  const key = keyOf(error);
  if (key === undefined) return undefined;
  return key.startsWith(dataPrefix) ? 'folders' : 'small';
}

function keyOf({ details }: LifeboatError): string | undefined {
  const { key } = details;
  return typeof key === 'string' ? key : undefined;
}

/** Everything that is no pack. */
export async function smallObjects(
  archive: ArchiveAccess,
  signal?: AbortSignal,
): Promise<readonly NeededPack[]> {
  const objects: NeededPack[] = [];
  for await (const { key, size } of archive.list('', signal))
    if (!key.startsWith(dataPrefix)) objects.push({ key, bytes: size });
  return objects;
}

export async function objectsOfStage(
  stage: ThawStage,
  archive: ArchiveAccess,
  repository: Repository,
  signal?: AbortSignal,
): Promise<readonly NeededPack[]> {
  return stage === 'small' ? await smallObjects(archive, signal) : await repository.packsOfFolders(signal);
}
