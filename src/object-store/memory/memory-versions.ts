import type { ObjectVersion, ObjectVersions } from '../abilities.ts';
import { assertKey, assertPrefix } from '../key.ts';
import { objectMissing } from '../object-errors.ts';
import { checkWarm } from './memory-classes.ts';
import { hasBytes, type MemoryState, removeVersion } from './memory-state.ts';

export function memoryVersions(state: MemoryState): ObjectVersions {
  return {
    listVersions: (prefix, signal) => listVersions(state, prefix, signal),
    async deleteVersion(key, versionId, signal): Promise<void> {
      assertKey(key);
      signal?.throwIfAborted();
      removeVersion(state, key, versionId);
    },
    async getVersion(key, versionId, signal): Promise<Buffer> {
      assertKey(key);
      signal?.throwIfAborted();
      const version = state.versions.get(key)?.find(({ id }) => id === versionId);
      if (version === undefined || !hasBytes(version)) throw objectMissing(key, state.location);
      checkWarm(state, key, version);
      return Buffer.from(version.bytes);
    },
  };
}

async function* listVersions(
  state: MemoryState,
  prefix: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<ObjectVersion> {
  assertPrefix(prefix);
  const keys = [...state.versions.keys()].filter((key) => key.startsWith(prefix)).sort();
  const seen = keys.flatMap((key) =>
    (state.versions.get(key) ?? []).toReversed().map((version, age) => ({
      key,
      size: version.bytes?.length ?? 0,
      versionId: version.id,
      isCurrent: age === 0,
      isDeletion: version.bytes === undefined,
      modifiedMs: version.modifiedMs,
    })),
  );
  signal?.throwIfAborted();
  for (const version of seen) {
    signal?.throwIfAborted();
    yield version;
  }
}
