/** Where each kind of object lies in the store. Source: restic's `doc/design.rst`, the default layout. */
export const configKey = 'config';

export const objectFolders = {
  key: 'keys/',
  pack: 'data/',
  index: 'index/',
  snapshot: 'snapshots/',
  lock: 'locks/',
} as const;

export type ObjectKind = keyof typeof objectFolders;

export function objectKey(kind: ObjectKind, id: string): string {
  return kind === 'pack' ? `data/${id.slice(0, 2)}/${id}` : objectFolders[kind] + id;
}

/** The id in a key, or `undefined` for names that are not ids; those are ignored when listing. */
export function idInKey(key: string): string | undefined {
  const name = key.slice(key.lastIndexOf('/') + 1);
  return isId(name) ? name : undefined;
}

/** The same, of an object that lies where its kind does: under any other name nobody reads it. */
export function idAt(kind: ObjectKind, key: string): string | undefined {
  const id = idInKey(key);
  return id !== undefined && objectKey(kind, id) === key ? id : undefined;
}

export function isId(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}
