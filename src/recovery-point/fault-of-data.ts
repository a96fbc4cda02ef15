/** Whether what went wrong says something about the data of a point, or only about this machine, the network, a lock. */
import { hasCode, type LifeboatError } from '../error/lifeboat-error.ts';

/** Of an error met while a point was read. Pure. */
export function isFaultOfData(error: LifeboatError): boolean {
  if (error.details['isDamage'] === true) return true;
  const { object } = error.details;
  return hasCode(error, ...codes) && !(typeof object === 'string' && liesBeside(object));
}

const codes = [
  'OBJECT_DAMAGED',
  'OBJECT_MISSING',
  'VAULT_DAMAGED',
  'SNAPSHOT_NOT_FOUND',
  'PATH_NOT_FOUND',
] as const;

/** A damaged lock, key or record keeps the data from being read now, and says nothing of them. */
export function liesBeside(object: string): boolean {
  return ['locks/', 'keys/', 'config', 'lifeboat/'].some((prefix) => object.startsWith(prefix));
}
