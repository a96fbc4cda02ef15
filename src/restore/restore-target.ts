/** Where a restore goes. */
import type { Destination } from '../source/destination.ts';

export type RestoreTarget =
  /** Below a folder, under the full stored paths. */
  | {
      readonly kind: 'folder';
      readonly folder: string;
      /** Absolute paths that the system consists of now, which a folder must not lead to. */
      readonly live: readonly string[];
    }
  | InPlace;

/** Where the system lives. */
export interface InPlace {
  readonly kind: 'in-place';
  readonly destination: DestinationMaker;
  /** On the file system of the system's data. */
  readonly stagingParent: string;
  /** Where what is overwritten is kept; absent when the person wants no safety copy. */
  readonly safetyParent?: string;
}

/** Makes the destination once it is known what arrives. */
export type DestinationMaker = (arriving: (path: Buffer) => boolean) => Destination;
