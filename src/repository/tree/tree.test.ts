import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { hasCode } from '../../error/lifeboat-error.ts';
import { entryTypes } from '../../source/entry-metadata.ts';
import { decodeTree, treeOrderProblem } from './decode-tree.ts';
import { encodeNode, encodeTree, joinNodes } from './encode-tree.ts';
import { metadataFromNode } from './metadata-from-node.ts';
import { compareNodes, type Node } from './node.ts';
import { nodeFromMetadata } from './node-from-metadata.ts';
import { formatTime } from './time-format.ts';

const emptyTreeId = 'ac08ce34ba4f8123618661bef2425f7028ffb9ac740578a3ee88684d2523fee8';
const blobA = 'a'.repeat(64);
const blobB = '0123456789'.repeat(6) + '0123';

const template: Node = {
  name: Buffer.from('orders.sqlite'),
  type: 'file',
  mode: 0o644,
  mtime: '2026-11-20T02:44:00.5Z',
  atime: '2026-11-20T02:44:00.5Z',
  ctime: '2026-11-20T02:45:00Z',
  uid: 1000,
  gid: 0,
  user: 'shop',
  group: 'root',
  inode: 77n,
  deviceId: 2049n,
  size: 9,
  links: 1,
  linkTarget: undefined,
  xattrs: [],
  genericAttributes: undefined,
  device: undefined,
  content: [blobA, blobB],
  subtree: undefined,
  error: '',
  problem: undefined,
};

describe('tree codec', () => {
  test('the empty directory has the id that it has in restic', () => {
    assert.equal(createHash('sha256').update(encodeTree([])).digest('hex'), emptyTreeId);
  });

  test('a node is written with the keys in restic’s order', () => {
    assert.equal(
      encodeNode(template),
      '{"name":"orders.sqlite","type":"file","mode":420,"mtime":"2026-11-20T02:44:00.5Z",' +
        '"atime":"2026-11-20T02:44:00.5Z","ctime":"2026-11-20T02:45:00Z","uid":1000,"gid":0,"user":"shop",' +
        '"group":"root","inode":77,"device_id":2049,"size":9,"links":1,' +
        `"content":["${blobA}","${blobB}"]}`,
    );
  });

  test('a tree made by stock restic of every kind of entry and awkward name comes back byte for byte', () => {
    const stored = readFileSync(new URL('./golden/restic-0.14-tree.json', import.meta.url));
    const nodes = decodeTree(stored, 'the golden tree');
    assert.equal(nodes.length, 34);
    assert.equal(treeOrderProblem(nodes), undefined);
    assert.ok(encodeTree(nodes).equals(stored));
    const names = new Set(nodes.map((node) => node.name.toString('latin1')));
    assert.ok(names.has('bad\xff\xfe\xe2\x82'));
    assert.ok(names.has('new\nline\ttab\x07\b\f\r\v\x01\x7f'));
    assert.ok(names.has(Buffer.from('\u{1f600}').toString('latin1')));
  });

  test('the metadata of restic’s nodes makes the same nodes again', () => {
    const stored = readFileSync(new URL('./golden/restic-0.14-tree.json', import.meta.url));
    const again = decodeTree(stored, 'the golden tree').map((node) => rebuilt(node));
    assert.ok(encodeTree(again).equals(stored));
  });

  test('integers above 2^53 stay exact, also where names and texts look like them', () => {
    const nodes = [
      {
        ...template,
        name: Buffer.from('":9007199254740993,"inode":9007199254740993'),
        inode: 2n ** 64n - 1n,
      },
      {
        ...template,
        name: Buffer.from('b'),
        deviceId: 9007199254740993n,
        user: '"inode":18446744073709551615',
      },
    ];
    const bytes = encodeTree(nodes);
    assert.deepEqual(decodeTree(bytes, 'tree'), nodes);
  });

  test('a link target that is not UTF-8 is kept exactly, one replacement for each bad byte', () => {
    const target = Buffer.from('a<\xff\xe2\x82\xe2\x82\xacz', 'latin1');
    const link: Node = { ...template, type: 'symlink', content: null, size: 0, linkTarget: target };
    const raw = target.toString('base64');
    assert.match(encodeNode(link), /"linktarget":"a\\u003c\\ufffd\\ufffd\\ufffd€z","linktarget_raw":/);
    assert.ok(encodeNode(link).includes(`"linktarget_raw":"${raw}"`));
    assert.deepEqual(decodeTree(encodeTree([link]), 'tree')[0]?.linkTarget, target);
  });

  test('whatever is encoded is decoded, and encodes to the same bytes', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(arbitraryNode, { selector: (node) => node.name.toString('latin1') }),
        (nodes) => {
          const sorted = nodes.toSorted(compareNodes);
          const bytes = encodeTree(sorted);
          const decoded = decodeTree(bytes, 'tree');
          assert.deepEqual(decoded, sorted);
          assert.ok(encodeTree(decoded).equals(bytes));
        },
      ),
      { numRuns: 300 },
    );
  });

  test('unknown keys are ignored, and what Windows stores is kept', () => {
    const stored =
      '{"nodes":[{"name":"a","type":"dir","generic_attributes":{"windows.x":"<y"},"new":{"z":[1]}}],"q":1}';
    const [node] = decodeTree(Buffer.from(stored), 'tree');
    assert.deepEqual(node?.genericAttributes, { 'windows.x': '<y' });
    assert.match(
      encodeNode({ ...template, ...node }),
      /"generic_attributes":\{"windows\.x":"\\u003cy"\},"content":null/,
    );
  });

  test('entries that must not be restored come with their problem', () => {
    const names = ['', '.', '..', 'a/b', '../../etc/passwd', 'zero\\x00byte'];
    const stored = { nodes: names.map((name) => ({ name, type: 'file', content: [] })) };
    const nodes = decodeTree(Buffer.from(JSON.stringify(stored)), 'tree');
    assert.equal(nodes.filter((node) => node.problem !== undefined).length, names.length);
    for (const node of nodes) assert.throws(() => metadataFromNode(node, 'entry'), isDamage(/entry/));
    const [fine] = decodeTree(Buffer.from('{"nodes":[{"name":"...","type":"fifo"}]}'), 'tree');
    assert.equal(fine?.problem, undefined);
  });

  test('entries that are twice there or out of order are tolerated and reported, and never written', () => {
    const [a, b] = [Buffer.from('a'), Buffer.from('b')].map((name) => ({ ...template, name }));
    assert.ok(a && b);
    assert.match(treeOrderProblem([a, a]) ?? '', /"a" is there twice/);
    assert.match(treeOrderProblem([b, a]) ?? '', /"a" is out of order/);
    assert.throws(
      () => encodeTree([b, a]),
      (error) => hasCode(error, 'ASSERTION'),
    );
  });

  test('the order is that of bytes, not of UTF-16 units', () => {
    const [privateUse, emoji] = ['\uffee', '\u{1f600}'].map((name) => ({
      ...template,
      name: Buffer.from(name),
    }));
    assert.ok(privateUse && emoji);
    assert.equal(treeOrderProblem([privateUse, emoji]), undefined);
  });

  for (const [damage, stored] of [
    ['not JSON', '{"nodes":['],
    ['no list', '{"nodes":7}'],
    ['a node that is none', '{"nodes":[7]}'],
    ['a name with a bad escape', '{"nodes":[{"name":"\\\\q","type":"file"}]}'],
    ['an unknown type', '{"nodes":[{"name":"a","type":"door"}]}'],
    ['a negative size', '{"nodes":[{"name":"a","type":"file","size":-1}]}'],
    ['an inode of more than 64 bits', '{"nodes":[{"name":"a","type":"file","inode":18446744073709551616}]}'],
    ['a blob id that leads elsewhere', '{"nodes":[{"name":"a","type":"file","content":["../../config"]}]}'],
  ] as const) {
    test(`${damage} is damage that names the tree`, () => {
      assert.throws(() => decodeTree(Buffer.from(stored), 'tree 12ab'), isDamage(/^tree 12ab is damaged/));
    });
  }

  test('a time that is none is damage that names the entry', () => {
    assert.throws(() => metadataFromNode({ ...template, mtime: 'soon' }, 'entry /a'), isDamage(/^entry \/a/));
  });
});

function isDamage(message: RegExp): (error: unknown) => boolean {
  return (error) => hasCode(error, 'OBJECT_DAMAGED') && message.test(error.message);
}

function rebuilt(node: Node): Node {
  const metadata = metadataFromNode(node, 'node');
  if (node.content !== null) {
    return nodeFromMetadata(node.name, metadata, { kind: 'file', ids: node.content, sizeBytes: node.size });
  }
  if (node.subtree !== undefined) {
    return nodeFromMetadata(node.name, { ...metadata, links: 3 }, { kind: 'dir', subtree: node.subtree });
  }
  return nodeFromMetadata(node.name, { ...metadata, links: node.links || 1 }, { kind: 'none' });
}

const anyText = fc.string({ unit: 'binary' });
const anyBytes = fc.uint8Array().map((bytes) => Buffer.from(bytes));
const anyTime = fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }).map(formatTime);
const anyLong = fc.option(fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }), { nil: undefined });
const anyCount = fc.oneof(fc.nat(), fc.maxSafeNat());
const anyId = fc.constantFrom(blobA, blobB);
const safeName = fc
  .oneof(
    anyText.map((name) => Buffer.from(name)),
    anyBytes,
  )
  .filter(
    (name) =>
      name.length > 0 && !name.includes(0x2f) && !name.includes(0) && !/^\.\.?$/.test(name.toString()),
  );

const arbitraryNode: fc.Arbitrary<Node> = fc.record(
  {
    name: safeName,
    type: fc.constantFrom(...entryTypes),
    mode: fc.nat({ max: 2 ** 31 - 1 }),
    mtime: anyTime,
    atime: anyTime,
    ctime: anyTime,
    uid: anyCount,
    gid: anyCount,
    user: anyText,
    group: anyText,
    inode: anyLong,
    deviceId: anyLong,
    size: anyCount,
    links: anyCount,
    linkTarget: fc.option(
      anyBytes.filter((target) => target.length > 0),
      { nil: undefined },
    ),
    xattrs: fc.array(fc.record({ name: anyText, value: anyBytes }, { noNullPrototype: true })),
    genericAttributes: fc.constant(undefined),
    device: anyLong,
    content: fc.option(fc.array(anyId)),
    subtree: fc.option(anyId, { nil: undefined }),
    error: anyText,
    problem: fc.constant(undefined),
  },
  { noNullPrototype: true },
);

test('a listing that nobody could read is refused, and not stored', () => {
  const json = 'x'.repeat(2 ** 27);
  const nodes = Array.from({ length: 4 }, (_, n) => ({ name: Buffer.from(`${n}`), json }));
  assert.throws(() => joinNodes(nodes), { code: 'SOURCE_INVALID', message: /a folder of 4 entries/ });
});
