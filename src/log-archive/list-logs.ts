import type { ObjectStore } from '../object-store/object-store.ts';
import { type LogName, logPrefix, parseLogKey } from './piece-key.ts';

/** Which logs there are, sorted. A store lists keys, not folders: it reads the names of all their pieces. */
export async function listLogs(store: ObjectStore, signal?: AbortSignal): Promise<readonly LogName[]> {
  const found = new Map<string, LogName>();
  for await (const { key } of store.list(logPrefix, signal)) {
    const parsed = parseLogKey(key);
    if (parsed === undefined) continue;
    const { system, incarnation } = parsed;
    found.set(`${system}/${incarnation}`, { system, incarnation });
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, name]) => name);
}
