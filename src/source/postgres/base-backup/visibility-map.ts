/**
 * What an increment of PostgreSQL does not tell: bits of a visibility map that were cleared.
 *
 * When a row changes, the server clears two bits of the map, and its log does not name the page of the map that they are
 * in; so the summary of the log does not either, and the increment leaves that page as it was in the base. A server that
 * starts from it takes pages for visible to all that are not: an index-only scan then finds rows that were deleted.
 * (Measured with 17.10 and 18.4.) But a cleared bit follows a changed page of the table, which the increment does have.
 * So every page of the map that tells of a changed page of the table, and did not come itself, becomes zeros: a page that
 * was never written, which says that nothing is known. Vacuum fills it again.
 */
import type { CaptureEvent, Content, ContentRange } from '../../source.ts';

export interface ChangedTables {
  /** Of a file of pages that came in an increment: what of it, or nothing said when all of it. */
  note(path: string, size: number, ranges?: readonly ContentRange[]): void;
  /** The event of a map's file with stale pages emptied, and whether there were any. */
  emptied(path: string, event: CaptureEvent): { readonly event: CaptureEvent; readonly isSame: boolean };
}

export function isVisibilityMap(path: string): boolean {
  return parsePath(path)?.fork === 'vm';
}

const pageBytes = 8192;
/** A page begins with a header of 24 bytes; each byte after it tells of four pages of the table. */
const tablePagesPerMapPage = (pageBytes - 24) * 4;
const pagesPerSegment = 131_072;

export function changedTables(): ChangedTables {
  /** Pages of maps that are not to be believed, by the path of the table without its segment. */
  const stale = new Map<string, Set<number>>();
  return {
    note(path, size, ranges = [{ at: 0, length: size }]) {
      const file = parsePath(path);
      if (file === undefined || file.fork !== undefined) return;
      const pages = stale.get(file.table) ?? new Set<number>();
      stale.set(file.table, pages);
      for (const { at, length } of ranges) {
        const first = file.segment * pagesPerSegment + Math.floor(at / pageBytes);
        const last = file.segment * pagesPerSegment + Math.ceil((at + length) / pageBytes) - 1;
        const lastPage = Math.floor(last / tablePagesPerMapPage);
        for (let page = Math.floor(first / tablePagesPerMapPage); page <= lastPage; page += 1)
          pages.add(page);
      }
    },
    emptied(path, event) {
      const file = parsePath(path);
      if (file === undefined || event.kind !== 'entry' || event.content.kind !== 'patch') {
        return { event, isSame: false };
      }
      const first = file.segment * pagesPerSegment;
      const pages = [...(stale.get(file.table) ?? [])].map((page) => page - first);
      const content = withEmptyPages(event.content, pages);
      return { event: { ...event, content }, isSame: content.ranges.length === 0 };
    },
  };
}

type Patch = Extract<Content, { kind: 'patch' }>;

/** Pages that came are as they are now; whatever is cleared after that, the replay of the log clears as well. */
function withEmptyPages(patch: Patch, empty: readonly number[]): Patch {
  const came = patch.ranges.flatMap(({ at, length }) =>
    Array.from({ length: length / pageBytes }, (_, index) => at / pageBytes + index),
  );
  const sent = new Set(came);
  const added = empty.filter((page) => page >= 0 && page * pageBytes < patch.size && !sent.has(page));
  if (added.length === 0) return patch;
  const all = [...came, ...added].sort((a, b) => a - b);
  async function* open(signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const bytes: Uint8Array[] = [];
    for await (const piece of patch.open(signal)) bytes.push(piece);
    const whole = Buffer.concat(bytes);
    let at = 0;
    for (const page of all) {
      yield sent.has(page) ? whole.subarray(at, at + pageBytes) : Buffer.alloc(pageBytes);
      if (sent.has(page)) at += pageBytes;
    }
  }
  return { ...patch, ranges: rangesOf(all), open };
}

function rangesOf(pages: readonly number[]): readonly ContentRange[] {
  const ranges: { at: number; length: number }[] = [];
  for (const page of pages) {
    const last = ranges.at(-1);
    if (last !== undefined && last.at + last.length === page * pageBytes) last.length += pageBytes;
    else ranges.push({ at: page * pageBytes, length: pageBytes });
  }
  return ranges;
}

interface TableFile {
  /** Path of the table's first file. */
  readonly table: string;
  readonly fork: string | undefined;
  readonly segment: number;
}

function parsePath(path: string): TableFile | undefined {
  const [, table, fork, segment = '0'] = /^(.*\/\d+)(?:_(fsm|vm|init))?(?:\.(\d+))?$/.exec(path) ?? [];
  return table === undefined ? undefined : { table, fork, segment: Number(segment) };
}
