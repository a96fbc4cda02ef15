/** The endings of a file's name that say how it is packed and encrypted, innermost first: `.sql`, `.gz`. */
export function endingsOf(name: string): readonly string[] {
  const file = name.split('/').at(-1) ?? '';
  const parts = file
    .split('.')
    .slice(1)
    .map((part) => part.toLowerCase());
  const normal = parts.flatMap((part) => (part === 'tgz' ? ['tar', 'gz'] : [part]));
  const from = normal.findLastIndex((part) => !known.includes(part)) + 1;
  return normal.slice(from);
}

const bases = [
  'sql',
  'dump',
  'tar',
  'bak',
  'db',
  'sqlite',
  'sqlite3',
  'zip',
  'archive',
  'bson',
  'rdb',
  'xbstream',
];
const packings = ['gz', 'zst', 'bz2', 'xz', 'lz4', 'br'];
const sealings = ['gpg', 'age', 'enc', 'pgp', 'asc'];
const known = [...bases, ...packings, ...sealings];

/** Whether the name ends with a packing or an encryption that a client would have to undo first. */
export function isWrapped(name: string): boolean {
  const last = endingsOf(name).at(-1);
  return last !== undefined && (packings.includes(last) || sealings.includes(last));
}

export function sameEndings(left: string, right: string): boolean {
  return endingsOf(left).join('.') === endingsOf(right).join('.');
}
