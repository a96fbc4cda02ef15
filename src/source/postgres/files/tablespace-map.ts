/**
 * `tablespace_map`: a line for each tablespace with its OID and the folder it was in; line breaks and backslashes in
 * the folder's name are escaped with a backslash. Source: xlogbackup.c, xlogrecovery.c.
 */
export interface Tablespace {
  readonly oid: string;
  readonly folder: string;
}

export function parseTablespaceMap(text: string): readonly Tablespace[] {
  return [...text.matchAll(/(\d+) ((?:\\[\s\S]|[^\\\n\r])*)(?:\r?\n|$)/g)].map(
    ([, oid = '', folder = '']) => ({
      oid,
      folder: folder.replace(/\\([\s\S])/g, '$1'),
    }),
  );
}

export function encodeTablespaceMap(tablespaces: readonly Tablespace[]): string {
  return tablespaces.map(({ oid, folder }) => `${oid} ${folder.replace(/[\\\n\r]/g, '\\$&')}\n`).join('');
}
