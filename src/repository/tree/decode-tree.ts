/**
 * Reads trees of any tool that writes the format. A tree is input: its shape is checked here, once.
 * Source: restic, internal/data/tree.go and node.go.
 */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { type ExtendedAttribute, entryTypes } from '../../source/entry-metadata.ts';
import { nameProblem } from './name-problem.ts';
import { compareNodes, type Node, type NodeType } from './node.ts';
import { unquoteName } from './quote.ts';

type Raw = Readonly<Record<string, unknown>>;

/**
 * `what` names the tree in errors (`tree 12ab…`). Unknown keys are ignored. Entries that must not be restored
 * (unsafe name, unknown kind) are returned with their `problem`. Raises OBJECT_DAMAGED.
 */
export function decodeTree(bytes: Uint8Array, what: string): Node[] {
  const raw = parseExactly(bytes, what);
  const list = isRaw(raw) ? raw['nodes'] : undefined;
  if (list === null) return [];
  if (!Array.isArray(list)) throw damaged(what, 'it has no list of nodes');
  return list.map((node: unknown) => decodeNode(node, what));
}

/** What is wrong with the order: entries twice or out of order. `undefined` when the tree is as it should be. */
export function treeOrderProblem(nodes: readonly Node[]): string | undefined {
  let before: Node | undefined;
  for (const node of nodes) {
    const order = before === undefined ? -1 : compareNodes(before, node);
    if (order === 0) return `the entry ${JSON.stringify(node.name.toString('utf8'))} is there twice`;
    if (order > 0) return `the entry ${JSON.stringify(node.name.toString('utf8'))} is out of order`;
    before = node;
  }
  return undefined;
}

/** Sixteen digits may exceed 2^53. */
const longInteger = /:\s*\d{16}/;
/** Only keys stand before a colon, and no bare quote is inside a string: this finds members, never text. */
const longMembers = /"(inode|device_id|device)"\s*:\s*(\d{16,})/g;

/** JSON.parse rounds integers above 2^53, so those of 64 bits are made strings first where there are any. */
function parseExactly(bytes: Uint8Array, what: string): unknown {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  try {
    return JSON.parse(longInteger.test(text) ? text.replace(longMembers, '"$1":"$2"') : text);
  } catch (cause) {
    throw damaged(what, 'it is not valid JSON', cause);
  }
}

function decodeNode(raw: unknown, what: string): Node {
  if (!isRaw(raw)) throw damaged(what, 'a node is not an object');
  const name = typeof raw['name'] === 'string' ? unquoteName(raw['name']) : undefined;
  if (name === undefined) throw damaged(what, 'a node has no readable name');
  const type = nodeType(raw['type'], what);
  return {
    name,
    type,
    mode: count(raw, 'mode', what),
    mtime: text(raw, 'mtime', what),
    atime: text(raw, 'atime', what),
    ctime: text(raw, 'ctime', what),
    uid: count(raw, 'uid', what),
    gid: count(raw, 'gid', what),
    user: text(raw, 'user', what),
    group: text(raw, 'group', what),
    inode: unsigned64(raw, 'inode', what),
    deviceId: unsigned64(raw, 'device_id', what),
    size: count(raw, 'size', what),
    links: count(raw, 'links', what),
    linkTarget: linkTarget(raw, what),
    xattrs: extendedAttributes(raw['extended_attributes'], what),
    genericAttributes: genericAttributes(raw['generic_attributes'], what),
    device: unsigned64(raw, 'device', what),
    content: content(raw['content'], what),
    subtree:
      raw['subtree'] === undefined || raw['subtree'] === null ? undefined : blobId(raw['subtree'], what),
    error: text(raw, 'error', what),
    problem:
      nameProblem(name) ?? (type === 'irregular' ? 'it is of no kind that can be restored' : undefined),
  };
}

const nodeTypes: ReadonlyMap<unknown, NodeType> = new Map(
  [...entryTypes, 'irregular' as const].map((type) => [type, type]),
);

function nodeType(value: unknown, what: string): NodeType {
  const type = nodeTypes.get(value);
  if (type === undefined) throw damaged(what, 'a node has an unknown type');
  return type;
}

function text(raw: Raw, key: string, what: string): string {
  const value = raw[key];
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') throw damaged(what, `"${key}" of a node is not a text`);
  return value;
}

function count(raw: Raw, key: string, what: string): number {
  const value = raw[key];
  if (value === undefined || value === null) return 0;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw damaged(what, `"${key}" of a node is not a whole number that can be handled`);
  }
  return value;
}

const unsigned64Max = 2n ** 64n - 1n;
const digits = /^\d{1,20}$/;

function unsigned64(raw: Raw, key: string, what: string): bigint | undefined {
  const value = raw[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  const long = typeof value === 'string' && digits.test(value) ? BigInt(value) : undefined;
  if (long === undefined || long > unsigned64Max)
    throw damaged(what, `"${key}" of a node is not a 64-bit number`);
  return long;
}

function linkTarget(raw: Raw, what: string): Buffer | undefined {
  const exact = text(raw, 'linktarget_raw', what);
  if (exact !== '') return Buffer.from(exact, 'base64');
  const target = text(raw, 'linktarget', what);
  return target === '' ? undefined : Buffer.from(target, 'utf8');
}

const noAttributes: readonly ExtendedAttribute[] = [];

function extendedAttributes(value: unknown, what: string): readonly ExtendedAttribute[] {
  if (value === undefined || value === null) return noAttributes;
  if (!Array.isArray(value)) throw damaged(what, 'the extended attributes of a node are not a list');
  return value.map((attribute: unknown) => {
    if (!isRaw(attribute)) throw damaged(what, 'an extended attribute is not an object');
    return {
      name: text(attribute, 'name', what),
      value: Buffer.from(text(attribute, 'value', what), 'base64'),
    };
  });
}

function genericAttributes(value: unknown, what: string): Raw | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isRaw(value)) throw damaged(what, 'the generic attributes of a node are not an object');
  return value;
}

function content(value: unknown, what: string): readonly string[] | null {
  if (value === undefined || value === null) return null;
  if (!Array.isArray(value)) throw damaged(what, 'the content of a node is not a list');
  return value.map((id: unknown) => blobId(id, what));
}

const idPattern = /^[0-9a-f]{64}$/;

function blobId(value: unknown, what: string): string {
  if (typeof value !== 'string' || !idPattern.test(value))
    throw damaged(what, 'a blob id is not 64 hex digits');
  return value;
}

function isRaw(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function damaged(what: string, why: string, cause?: unknown): LifeboatError {
  return new LifeboatError('OBJECT_DAMAGED', `${what} is damaged: ${why}`, {
    hint: 'Check the vault with `lifeboat check --read-data`; another snapshot or vault may hold the same directory.',
    cause,
  });
}
