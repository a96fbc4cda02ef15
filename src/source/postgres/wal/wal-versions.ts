/** The magic number at the head of each page of the log tells which major version wrote it. Source: xlog_internal.h. */
const versionOfMagic: ReadonlyMap<number, number> = new Map([
  [0xd106, 13],
  [0xd10d, 14],
  [0xd110, 15],
  [0xd113, 16],
  [0xd116, 17],
  [0xd118, 18],
]);

/** The major version of PostgreSQL; `undefined` for a magic that none of the versions 13 to 18 writes. */
export function majorVersionOf(magic: number): number | undefined {
  return versionOfMagic.get(magic);
}
