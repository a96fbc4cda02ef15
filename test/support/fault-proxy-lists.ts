/** What the fault proxy knows of lists: answers of S3 and Azure, page by page. */
import type { IncomingMessage } from 'node:http';

export interface Page {
  /** Without the marker: the same for all pages of one list. */
  readonly list: string;
  /** Whether pages went before it. */
  readonly goesOn: boolean;
  readonly body: Buffer;
}

const markers = ['marker', 'continuation-token', 'start-after'];

/** `undefined` for what is no list. */
export function pageOf(incoming: IncomingMessage, body: Buffer): Page | undefined {
  const url = new URL(incoming.url ?? '', 'http://server');
  const isList = url.searchParams.has('list-type') || url.searchParams.get('comp') === 'list';
  if (incoming.method !== 'GET' || !isList) return undefined;
  const goesOn = markers.some((marker) => url.searchParams.has(marker));
  for (const marker of markers) url.searchParams.delete(marker);
  return { list: `${url.pathname}?${url.searchParams}`, goesOn, body };
}

export class PageMemory {
  readonly #pages = new Map<string, Buffer>();
  readonly #puts: { readonly path: string; readonly atMs: number }[] = [];

  rememberPage(page: Page | undefined): void {
    if (page !== undefined) this.#pages.set(page.list, page.body);
  }

  pageBefore(page: Page | undefined): Buffer | undefined {
    return page?.goesOn ? this.#pages.get(page.list) : undefined;
  }

  rememberPut(url: string, atMs: number): void {
    this.#puts.push({ path: decodeURIComponent(new URL(url, 'http://server').pathname), atMs });
  }

  putsSince(fromMs: number): readonly string[] {
    return this.#puts.filter(({ atMs }) => atMs >= fromMs).map(({ path }) => path);
  }
}

/** Takes the entries of these paths out of a list, whichever server wrote it. */
export function hideNewest(body: Buffer, paths: readonly string[]): Buffer {
  const text = body.toString().replace(/<(Contents|Blob)>.*?<\/\1>/gs, (entry) => {
    const name = /<(?:Key|Name)>(.*?)<\/(?:Key|Name)>/s.exec(entry)?.[1] ?? '';
    return paths.some((path) => path.endsWith(`/${name}`)) ? '' : entry;
  });
  return Buffer.from(text);
}
