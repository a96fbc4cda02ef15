import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { canonicalJson } from '../plan/canonical-json.ts';
import {
  type AppendedLink,
  appendToChain,
  type ChainHead,
  emptyChain,
  linkKey,
  newestHeads,
  readLink,
  type StoredLink,
  verifyChain,
} from './chain.ts';
import { parseRecord, type RunRecord } from './record.ts';
import { recordTimes } from './record-common.ts';

const writer = { vaultId: 'ab'.repeat(32), host: 'shop-1', writerId: 'w1' };

function record(number: number): RunRecord {
  return {
    type: 'key',
    id: `r${number}`,
    runId: 'run',
    vault: writer.vaultId,
    host: writer.host,
    programVersion: '0.1.0',
    verdict: 'pass',
    action: 'add',
    keyId: `k${number}`,
    ...recordTimes(number * 1000, number * 1000 + 5),
  };
}

function chain(length: number, from: ChainHead = emptyChain(writer)): readonly AppendedLink[] {
  const links: AppendedLink[] = [];
  let head = from;
  for (let number = 1; number <= length; number++) {
    const appended = appendToChain(head, record(number));
    links.push(appended);
    head = appended.head;
  }
  return links;
}

function at<T>(items: readonly T[], index: number): T {
  const item = items.at(index);
  assert.ok(item !== undefined);
  return item;
}

const kinds = (links: readonly StoredLink[], heads: readonly ChainHead[] = []) =>
  verifyChain(links, heads).map((problem) => `${problem.kind} ${problem.sequence}`);

describe('canonicalJson', () => {
  it('writes the example of RFC 8785, section 3.2.3', () => {
    const value = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew',
      '1': 'One',
      '\u0080': 'Control',
      '\ud83d\ude00': 'Emoji',
      '\u00f6': 'o',
    };
    assert.equal(
      canonicalJson(value),
      '{"\\r":"Carriage Return","1":"One","\u0080":"Control","\u00f6":"o","\u20ac":"Euro Sign","\ud83d\ude00":"Emoji","\ufb33":"Hebrew"}',
    );
    assert.equal(
      canonicalJson([Number('333333333.33333329'), 1e30, 4.5, 2e-3, 1e-27, -0]),
      '[333333333.3333333,1e+30,4.5,0.002,1e-27,0]',
    );
  });

  it('reads back as the same value whatever the order of keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.oneof(fc.integer(), fc.string(), fc.boolean())), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        assert.equal(canonicalJson(reversed), canonicalJson(value));
        assert.equal(canonicalJson(JSON.parse(canonicalJson(value))), canonicalJson(value));
      }),
    );
  });

  it('refuses what JSON cannot hold', () => {
    for (const value of [Number.NaN, 1n, '\ud800', () => 1, undefined]) {
      assert.throws(() => canonicalJson({ list: [value] }), { code: 'ASSERTION' });
    }
  });
});

describe('chain of records', () => {
  it('finds nothing in what it wrote, in any order', () => {
    const links = chain(12);
    assert.deepEqual(verifyChain(links.toReversed(), [at(links, -1).head]), []);
    assert.deepEqual(parseRecord(readLink(at(links, 3).bytes)?.record), record(4));
  });

  it('starts differently for another vault, host or installation', () => {
    const names = [
      writer,
      { ...writer, vaultId: 'cd' },
      { ...writer, host: 'b' },
      { ...writer, writerId: 'w2' },
    ].map((one) => emptyChain(one).writer);
    assert.equal(new Set(names).size, 4);
  });

  it('finds every missing record', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 12 }), fc.nat(), (length, choice) => {
        const links = chain(length);
        const gone = choice % length;
        const found = kinds(links.toSpliced(gone, 1), [at(links, -1).head]);
        assert.deepEqual(found, [`missing ${gone + 1}`]);
      }),
    );
  });

  it('tells the head of a whole chain, and of one with a problem what was known before', () => {
    const links = chain(5);
    const early = [at(links, 2).head];
    assert.deepEqual(newestHeads(links, [], early), [at(links, -1).head]);
    assert.deepEqual(newestHeads(links.slice(0, 2), [], early), early);
    assert.deepEqual(newestHeads([], [], [...early, at(links, 0).head]), early, 'of two heads the newer one');
    const holed = links.toSpliced(3, 1);
    assert.deepEqual(newestHeads(holed, verifyChain(holed, early), early), early);
    assert.deepEqual(newestHeads(holed, verifyChain(holed), []), []);
  });

  it('finds a chain that was removed as a whole', () => {
    assert.deepEqual(kinds([], [at(chain(3), -1).head]), ['missing 1']);
  });

  it('finds every altered byte', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.nat(),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (length, choice, place, mask) => {
          const links: StoredLink[] = [...chain(length)];
          const index = choice % length;
          const bytes = Buffer.from(at(links, index).bytes);
          const offset = place % bytes.length;
          bytes[offset] = (bytes[offset] ?? 0) ^ mask;
          links[index] = { key: at(links, index).key, bytes };
          const problems = verifyChain(links);
          assert.deepEqual(
            problems.map(({ sequence }) => sequence),
            [index + 1],
          );
          assert.ok(['altered', 'reordered'].includes(at(problems, 0).kind));
        },
      ),
    );
  });

  it('finds a record that was rewritten together with its name', () => {
    const links = chain(4);
    const forged = appendToChain(at(links, 0).head, record(99));
    assert.deepEqual(kinds(links.with(1, forged)), ['altered 3']);
    assert.deepEqual(
      kinds([...links.slice(0, 3), appendToChain(at(links, 2).head, record(99))], [at(links, 3).head]),
      ['altered 4'],
    );
  });

  it('finds two records that changed places', () => {
    const links = chain(4);
    const swapped = [
      at(links, 0),
      { key: at(links, 1).key, bytes: at(links, 2).bytes },
      { key: at(links, 2).key, bytes: at(links, 1).bytes },
      at(links, 3),
    ];
    assert.deepEqual(kinds(swapped), ['reordered 2', 'reordered 3']);
  });

  it('finds two records with one place, as a cloned machine writes them', () => {
    const links = chain(3);
    const twin = appendToChain(at(links, 1).head, record(50));
    assert.deepEqual(kinds([...links, twin]), ['forked 3']);
  });

  it('finds a foreign chain under a known name', () => {
    const [mine] = chain(1);
    const [theirs] = chain(1, {
      ...emptyChain({ ...writer, writerId: 'w2' }),
      writer: mine?.link.writer ?? '',
    });
    assert.deepEqual(kinds(theirs === undefined ? [] : [theirs]), ['altered 1']);
  });

  it('does not count to a number that somebody made up', () => {
    const link = appendToChain({ writer: '0'.repeat(16), sequence: 999_999_999_997, hash: '00' }, record(1));
    assert.deepEqual(kinds([link]), ['missing 1']);
    assert.equal(verifyChain([{ key: linkKey('x', 1, 'y'), bytes: Buffer.from('{') }])[0]?.kind, 'altered');
  });
});
