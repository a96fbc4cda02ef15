/** What a command asked of stores: people pay for requests, so every end of a command says how many there were. */
import { locationText } from '../config/location.ts';
import type { StoreUse } from '../evidence/record.ts';
import { addCounts, type CountedStore, zeroCounts } from '../object-store/count.ts';
import type { StoreAdapters } from './adapters.ts';
import type { Output } from './output.ts';
import { bytesText, countText, plural } from './quantity-text.ts';

export interface PlaceUse {
  readonly location: string;
  readonly isNetwork: boolean;
  readonly use: StoreUse;
}

export interface WatchedStores<Adapters extends StoreAdapters> {
  readonly adapters: Adapters;
  /** By place, in the order in which they were opened; those that are open count as they are now. */
  uses(): readonly PlaceUse[];
}

interface Place {
  readonly isNetwork: boolean;
  readonly open: Set<CountedStore>;
  ended: StoreUse;
}

/** The same adapters, whose stores are watched. */
export function watchStores<Adapters extends StoreAdapters>(adapters: Adapters): WatchedStores<Adapters> {
  const places = new Map<string, Place>();
  return {
    adapters: {
      ...adapters,
      async openStore(location, settings, hooks) {
        const store = await adapters.openStore(location, settings, hooks);
        const name = locationText(location);
        const place = places.get(name) ?? newPlace(location.kind !== 'folder');
        places.set(name, place);
        return watched(store, place);
      },
    },
    uses: () =>
      [...places].map(([location, { isNetwork, open, ended }]) => ({
        location,
        isNetwork,
        use: [...open].map(({ counts }) => counts).reduce(addCounts, ended),
      })),
  };
}

function newPlace(isNetwork: boolean): Place {
  return { isNetwork, open: new Set(), ended: zeroCounts() };
}

/** Counted for good when it is closed: a program that runs for months opens many. */
function watched(store: CountedStore, place: Place): CountedStore {
  place.open.add(store);
  return {
    ...store,
    async [Symbol.asyncDispose](): Promise<void> {
      await store[Symbol.asyncDispose]();
      if (place.open.delete(store)) place.ended = addCounts(place.ended, store.counts);
    },
  };
}

/** The fields of a summary; none when no store was asked. */
export function useFields(uses: readonly PlaceUse[]): Readonly<Record<string, unknown>> {
  if (uses.length === 0) return {};
  return { requests: useRecord(uses.map(({ use }) => use).reduce(addCounts, zeroCounts())) };
}

function useRecord({ puts, gets, stats, lists, deletes, bytesPut, bytesGot }: StoreUse) {
  return { puts, gets, stats, lists, deletes, bytes_put: bytesPut, bytes_got: bytesGot };
}

/** A line for each place that a network lies before; a folder costs nothing. */
export function tellUses(output: Output, uses: readonly PlaceUse[]): void {
  if (output.json) return;
  for (const { location, isNetwork, use } of uses) if (isNetwork) output.note(useText(location, use));
}

function useText(location: string, use: StoreUse): string {
  const { puts, gets, stats, lists, deletes, bytesPut, bytesGot } = use;
  const all = puts + gets + stats + lists + deletes;
  const kinds = [
    `${countText(puts)} written`,
    `${countText(gets)} read`,
    `${countText(stats)} looked at`,
    `${countText(lists)} listed`,
    `${countText(deletes)} deleted`,
  ];
  return (
    `${plural(all, 'request')} to ${location} (${kinds.join(', ')}), ` +
    `${bytesText(bytesPut)} sent, ${bytesText(bytesGot)} received`
  );
}
