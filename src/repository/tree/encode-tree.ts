/**
 * Trees as restic writes them, byte for byte: equal directories get equal ids in every tool, and restic refuses
 * to rewrite a tree that it would write differently.
 * Source: restic, internal/data/tree.go and node.go.
 */
import { isUtf8 } from 'node:buffer';
import { assert } from '../../error/assert.ts';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { ExtendedAttribute } from '../../source/entry-metadata.ts';
import { goJsonBytes, goJsonString, goJsonValue } from './go-json.ts';
import { compareNodes, type Node } from './node.ts';
import { quotedNameJson } from './quote.ts';

/** A node already encoded; the name is kept to prove the order. */
export interface EncodedNode {
  readonly name: Buffer;
  readonly json: string;
}

/** Nodes strictly ascending by the bytes of their names (`compareNodes`). Raises ASSERTION otherwise. */
export function encodeTree(nodes: readonly Node[]): Buffer {
  return joinNodes(nodes.map((node) => ({ name: node.name, json: encodeNode(node) })));
}

/** The same from nodes that were encoded as they came. */
export function joinNodes(nodes: readonly EncodedNode[]): Buffer {
  let before: EncodedNode | undefined;
  let length = 0;
  for (const node of nodes) {
    length += node.json.length + 1;
    assert(before === undefined || compareNodes(before, node) < 0, 'the entries of a tree are in order');
    before = node;
  }
  if (length > textLengthMax) throw tooLong(nodes.length);
  return Buffer.from(`{"nodes":[${nodes.map((node) => node.json).join(',')}]}\n`, 'utf8');
}

/** What the engine can hold in one text, with room to spare: who reads the tree needs it as one. */
const textLengthMax = 2 ** 29 - 2 ** 16;

function tooLong(entries: number): LifeboatError {
  return new LifeboatError(
    'SOURCE_INVALID',
    `a folder of ${entries} entries holds so many bytes that its listing could not be read any more`,
    {
      hint: 'Spread what lies in it over several folders; of a database, over several tablespaces. Some 2 TB of pages fit into one, and 10 TB of other files.',
      details: { entries },
    },
  );
}

/** One node's JSON, keys in restic's order. */
export function encodeNode(node: Node): string {
  const { mode, user, group, inode, deviceId, size, links, device } = node;
  return (
    `{"name":${quotedNameJson(node.name)},"type":"${node.type}"` +
    (mode === 0 ? '' : `,"mode":${mode}`) +
    timesText(node) +
    `,"uid":${node.uid},"gid":${node.gid}` +
    (user === '' ? '' : `,"user":${goJsonString(user)}`) +
    (group === '' ? '' : `,"group":${goJsonString(group)}`) +
    (inode ? `,"inode":${inode}` : '') +
    (deviceId ? `,"device_id":${deviceId}` : '') +
    (size === 0 ? '' : `,"size":${size}`) +
    (links === 0 ? '' : `,"links":${links}`) +
    linkText(node.linkTarget) +
    attributesText(node) +
    (device ? `,"device":${device}` : '') +
    `,"content":${contentText(node.content)}` +
    (node.subtree === undefined ? '' : `,"subtree":"${node.subtree}"`) +
    (node.error === '' ? '' : `,"error":${goJsonString(node.error)}`) +
    '}'
  );
}

function timesText({ mtime, atime, ctime }: Node): string {
  const first = goJsonString(mtime);
  return `,"mtime":${first},"atime":${atime === mtime ? first : goJsonString(atime)},"ctime":${goJsonString(ctime)}`;
}

/** Since restic 0.16 a target that is not valid UTF-8 is kept in base64 as well. */
function linkText(target: Buffer | undefined): string {
  if (target === undefined || target.length === 0) return '';
  const text = `,"linktarget":${goJsonBytes(target)}`;
  return isUtf8(target) ? text : `${text},"linktarget_raw":"${target.toString('base64')}"`;
}

function attributesText({ xattrs, genericAttributes }: Node): string {
  if (xattrs.length === 0 && genericAttributes === undefined) return '';
  const extended = xattrs.length === 0 ? '' : `,"extended_attributes":[${xattrs.map(xattrText).join(',')}]`;
  return genericAttributes === undefined
    ? extended
    : `${extended},"generic_attributes":${goJsonValue(genericAttributes)}`;
}

function xattrText({ name, value }: ExtendedAttribute): string {
  return `{"name":${goJsonString(name)},"value":"${value.toString('base64')}"}`;
}

function contentText(content: readonly string[] | null): string {
  if (content === null) return 'null';
  return content.length === 0 ? '[]' : `["${content.join('","')}"]`;
}
