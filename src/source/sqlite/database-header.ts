/** The first 100 bytes of a database file. Source: https://sqlite.org/fileformat2.html#the_database_header. */
export interface DatabaseHeader {
  readonly pageSizeBytes: number;
  /** What the file says of itself; a log beside it may say otherwise. */
  readonly journal: 'wal' | 'rollback';
  readonly changeCounter: number;
  /** `3051003` for 3.51.3: the library that wrote last. */
  readonly writerVersion: number;
}

export const databaseHeaderBytes = 100;

const magic = Buffer.from('SQLite format 3\0');

/** `undefined` when the bytes do not start a database: another format, or an encrypted one. */
export function parseDatabaseHeader(bytes: Uint8Array): DatabaseHeader | undefined {
  const header = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (header.length < databaseHeaderBytes || !header.subarray(0, magic.length).equals(magic))
    return undefined;
  const pageSize = header.readUInt16BE(16);
  return {
    pageSizeBytes: pageSize === 1 ? 65_536 : pageSize,
    journal: header[19] === 2 ? 'wal' : 'rollback',
    changeCounter: header.readUInt32BE(24),
    writerVersion: header.readUInt32BE(96),
  };
}
