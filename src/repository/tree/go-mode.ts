/**
 * Go's FileMode, which restic stores, and the Unix st_mode.
 * Source: Go, io/fs FileMode; inode(7).
 */
const permissionBits = 0o777;

const goDir = 2 ** 31;
const goSymlink = 2 ** 27;
const goDevice = 2 ** 26;
const goFifo = 2 ** 25;
const goSocket = 2 ** 24;
const goSetuid = 2 ** 23;
const goSetgid = 2 ** 22;
const goCharDevice = 2 ** 21;
const goSticky = 2 ** 20;
const goIrregular = 2 ** 19;
const goTypeBits = (goDir | goSymlink | goDevice | goFifo | goSocket | goCharDevice | goIrregular) >>> 0;

const unixTypeBits = 0o170000;
const unixRegular = 0o100000;
/** Unix file type → Go bits. */
const types: readonly (readonly [unix: number, go: number])[] = [
  [unixRegular, 0],
  [0o040000, goDir],
  [0o120000, goSymlink],
  [0o060000, goDevice],
  [0o020000, goDevice | goCharDevice],
  [0o010000, goFifo],
  [0o140000, goSocket],
];
const flags: readonly (readonly [unix: number, go: number])[] = [
  [0o4000, goSetuid],
  [0o2000, goSetgid],
  [0o1000, goSticky],
];

/** An unknown file type becomes Go's "irregular". */
export function goModeFromUnix(mode: number): number {
  const type = types.find(([unix]) => unix === (mode & unixTypeBits))?.[1] ?? goIrregular;
  let result = (mode & permissionBits) | type;
  for (const [unix, go] of flags) if (mode & unix) result |= go;
  return result >>> 0;
}

/** Type bits that Unix does not know give a mode without a type. */
export function unixModeFromGo(mode: number): number {
  const type = types.find(([, go]) => go >>> 0 === (mode & goTypeBits) >>> 0)?.[0] ?? 0;
  let result = (mode & permissionBits) | type;
  for (const [unix, go] of flags) if (mode & go) result |= unix;
  return result;
}
