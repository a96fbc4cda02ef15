import type { BlobIndex } from '../index/blob-index.ts';
import type { TreeReader } from '../read/tree-reader.ts';
import type { RepositoryAccess } from '../unpacked.ts';
import type { SavePool } from './save-pool.ts';

/** What saving a snapshot works with. Index and trees are replaced when the writer stood aside for others. */
export interface SaveContext {
  readonly access: RepositoryAccess;
  readonly index: BlobIndex;
  readonly trees: TreeReader;
  readonly pool: SavePool;
  readonly programVersion: string;
  /** Raises VAULT_LOCKED when others may have changed the repository meanwhile. */
  readonly confirmLock: () => Promise<void>;
}
