import assert from 'node:assert/strict';
import test from 'node:test';
import { seededRandom } from '../../../../test/support/seeded-random.ts';
import { type FilledMemory, makeReadMemory } from './read-memory.ts';

test('what is filled stays until it is released, and the memory of what was is used again', () => {
  const random = seededRandom(5);
  const memory = makeReadMemory();
  const blocks = new Set<ArrayBufferLike>();
  const held: { readonly part: FilledMemory; readonly byte: number }[] = [];
  for (let round = 0; round < 5000; round += 1) {
    const room = memory.room();
    blocks.add(room.buffer);
    const byte = round % 251;
    const bytes = 1 + random.below(Math.min(room.length, 100_000));
    room.fill(byte, 0, bytes);
    held.push({ part: memory.filled(bytes), byte });
    while (held.length > 10) {
      const [first] = held.splice(random.below(held.length), 1);
      assert.ok(
        first?.part.bytes.every((found) => found === first.byte),
        `round ${round}`,
      );
      first?.part.release();
      // once more does no harm
      first?.part.release();
    }
  }
  assert.ok(blocks.size <= 20, `${blocks.size} blocks`);
});
