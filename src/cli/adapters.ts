/** What the command line needs from the composition root, which alone knows adapters. */
import type { Location } from '../config/location.ts';
import type { StoreSettings } from '../config/store-settings.ts';
import type { CountedStore } from '../object-store/count.ts';
import type { Retry } from '../object-store/retry.ts';
import type { Source } from '../source/source.ts';
import type { PlanAdapters } from './plan/plan-adapters.ts';

/** Enough for everything that only reads and writes vaults. */
export interface StoreAdapters {
  /** Touches nothing yet; requests that may succeed later are tried again. */
  openStore(location: Location, settings?: StoreSettings, hooks?: StoreHooks): Promise<CountedStore>;
  /** False when the system says that nothing can be written there; true when there is nothing yet. */
  isWritable(location: Location): Promise<boolean>;
}

export interface StoreHooks {
  /** Told before a request is tried again; must not throw. */
  readonly onRetry?: (retry: Retry) => void;
}

/** What captures need on top. */
export interface AppAdapters extends StoreAdapters, PlanAdapters {
  filesSource(request: FilesRequest): Promise<Source>;
  /** The table of an SQLite database with the most rows, at a glance; `undefined` when it has none. */
  largestTable(file: string, signal?: AbortSignal): Promise<string | undefined>;
}

export interface FilesRequest {
  /** Absolute. */
  readonly paths: readonly string[];
  readonly exclude: readonly string[];
  readonly excludeCaches: boolean;
  readonly oneFileSystem: boolean;
  readonly nowMs: () => number;
}
