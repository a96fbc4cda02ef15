/**
 * Memory that a socket fills again and again. A fresh buffer for every read of a base backup would be gigabytes outside
 * the engine's heap, and looking for what of it is used up took a sixth of the processor time of a backup.
 */
import { assert } from '../../../error/assert.ts';

export interface ReadMemory {
  /** Where the next bytes go. */
  room(): Buffer;
  /** What of the room that was given last holds bytes now. They stay until they are released, once. */
  filled(bytes: number): FilledMemory;
}

export interface FilledMemory {
  readonly bytes: Buffer;
  readonly release: () => void;
}

interface Block {
  readonly memory: Buffer;
  used: number;
  /** Parts of it that were not released. */
  held: number;
}

const blockBytes = 256 * 1024;
const roomBytesMin = 64 * 1024;

/** Holds as many blocks as were once in use at a time, which the reader of the socket bounds. */
export function makeReadMemory(): ReadMemory {
  const spare: Block[] = [];
  let current = newBlock();
  let given: Buffer | undefined;
  const release = (block: Block): void => {
    block.held -= 1;
    assert(block.held >= 0, 'a part is released once');
    if (block.held > 0 || block === current) return;
    block.used = 0;
    spare.push(block);
  };
  return {
    room: () => {
      if (current.held === 0) current.used = 0;
      if (current.memory.length - current.used < roomBytesMin) current = spare.pop() ?? newBlock();
      given = current.memory.subarray(current.used);
      return given;
    },
    filled: (bytes) => {
      assert(given !== undefined && bytes <= given.length, 'what was filled is within the room');
      const block = current;
      const filled = given.subarray(0, bytes);
      given = undefined;
      block.used += bytes;
      block.held += 1;
      let isReleased = false;
      return {
        bytes: filled,
        release: () => {
          if (isReleased) return;
          isReleased = true;
          release(block);
        },
      };
    },
  };
}

function newBlock(): Block {
  return { memory: Buffer.allocUnsafeSlow(blockBytes), used: 0, held: 0 };
}
