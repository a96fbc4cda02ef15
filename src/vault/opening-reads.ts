/** What every opening of a vault reads, whatever comes after it. */
import { spareKey } from '../repository/spare-key.ts';
import { vaultFileKey } from './vault-file.ts';

export const openingReads = {
  objects: ['config', spareKey(vaultFileKey)],
  prefixes: ['keys/'],
} as const;
