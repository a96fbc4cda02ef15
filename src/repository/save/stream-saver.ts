/** Saves bytes that arrive piece by piece. A worker has several streams under way, each with a chunker of its own. */
import { type Chunker, createChunker } from '../chunker/chunker.ts';
import type { ChunkSaver } from './chunk-saver.ts';
import type { ReadContent } from './read-result.ts';

export interface StreamSaver {
  write(bytes: Uint8Array): void;
  end(): ReadContent;
}

export function createStreamSaver(saver: ChunkSaver, polynomial: bigint): StreamSaver {
  const chunker: Chunker = createChunker(polynomial);
  const content: string[] = [];
  let start = 0;
  let end = 0;
  let size = 0;

  function saveCuts(last: boolean): void {
    for (
      let cut = chunker.nextCut(start, end, last);
      cut !== undefined;
      cut = chunker.nextCut(start, end, last)
    ) {
      content.push(saver.saveChunk(chunker.buffer.subarray(start, start + cut)));
      start += cut;
    }
  }

  function makeRoom(): void {
    if (end < chunker.buffer.length) return;
    end = chunker.moveToFront(start, end);
    start = 0;
  }

  return {
    write(bytes) {
      for (let at = 0; at < bytes.length; ) {
        makeRoom();
        const part = bytes.subarray(at, at + chunker.buffer.length - end);
        chunker.buffer.set(part, end);
        end += part.length;
        at += part.length;
        saveCuts(false);
      }
      size += bytes.length;
    },
    end() {
      saveCuts(true);
      return { kind: 'content', content, size };
    },
  };
}
