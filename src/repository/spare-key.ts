/** Second copies of small objects lie below this prefix; spare-objects.ts says why. */
export const sparePrefix = 'lifeboat/spare/';

/** Where the second copy of an object lies: `lifeboat/spare/config`, `lifeboat/spare/evidence/…`. */
export function spareKey(key: string): string {
  return sparePrefix + (key.startsWith('lifeboat/') ? key.slice('lifeboat/'.length) : key);
}
