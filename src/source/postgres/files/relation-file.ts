/**
 * Which files of a data directory hold pages with checksums: the relation files below `global`, `base/<database>` and
 * the tablespaces, `<filenode>[_fork][.<segment>]`. Source: src/backend/backup/basebackup.c, relpath.c.
 */
export interface RelationFile {
  /** Which GiB of the relation it is. */
  readonly segment: number;
}

const folders = /^(?:global|base\/\d+|pg_tblspc\/\d+\/PG_[^/]+\/\d+)$/;
const name = /^\d+(?:_(?:fsm|vm|init))?(?:\.(\d+))?$/;

/** `path` is relative to the data directory; `undefined` for files without pages, and for temporary relations. */
export function relationFileOf(path: string): RelationFile | undefined {
  const slash = path.lastIndexOf('/');
  if (slash < 0 || !folders.test(path.slice(0, slash))) return undefined;
  const match = name.exec(path.slice(slash + 1));
  return match === null ? undefined : { segment: Number(match[1] ?? 0) };
}
