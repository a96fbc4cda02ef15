/**
 * Second copies of a vault's small objects: the config, the key files, `vault.json`, the records and the plans. One
 * that is damaged or missing is put back from the other. Only of `vault.json` the copy is sealed: the original is
 * plain and cannot prove itself.
 */

import { createHash } from 'node:crypto';
import { hasCode } from '../error/lifeboat-error.ts';
import { evidencePrefix } from '../evidence/chain.ts';
import { isThere } from '../object-store/is-there.ts';
import type { ObjectStore } from '../object-store/object-store.ts';
import { repairsOf } from '../repository/repository.ts';
import type { Repository } from '../repository/repository-types.ts';
import { spareKey, sparePrefix } from '../repository/spare-key.ts';
import { isPlanOf, planPrefix } from './plan-archive.ts';
import { isTextOf } from './read-records.ts';
import { decodeVaultFile, encodeVaultFile, type VaultFile, vaultFileKey } from './vault-file.ts';
import type { KeysToMend, SpareFinding, SpareMending, VaultSpares } from './vault-spares.ts';

export interface SparesOptions {
  readonly store: ObjectStore;
  readonly repository: Repository;
  /** As the vault was opened with. */
  readonly file: VaultFile;
  /** What this machine has ever read of records: their texts by key. */
  readonly knownRecords: () => ReadonlyMap<string, string>;
}

/** For one look at everything. */
interface Look extends SparesOptions {
  readonly known: ReadonlyMap<string, string>;
}

const readsAtOnce = 8;
/** What a later prune may remove: without a copy, for whoever lost it makes it anew. */
const marksPrefix = 'lifeboat/prune/';

export function createSpares(options: SparesOptions): VaultSpares {
  return {
    refresh: (signal) => refresh(options, signal),
    check: async (all, signal) =>
      (await lookAt(options, all, signal)).flatMap((pair) => findingsOf(options, pair)),
    mend: (keys, signal) => mend(options, keys, signal),
  };
}

/** What kind of object a key names, and how its two copies are read. */
interface Kind {
  /** The content in the stored bytes when they are right; `undefined` when they are not. */
  readonly contentOf: (key: string, stored: string) => Promise<Buffer | undefined>;
  readonly write: (key: string, content: Buffer) => Promise<void>;
}

type State = { readonly kind: 'absent' | 'wrong' } | { readonly kind: 'sound'; readonly content: Buffer };

interface Pair {
  readonly key: string;
  readonly main: State;
  readonly spare: State;
  /** What can be put where something is wrong. */
  readonly content: Buffer | undefined;
}

async function refresh(options: SparesOptions, signal?: AbortSignal): Promise<void> {
  const { store } = options;
  const there = new Set<string>();
  for (const prefix of ['config', 'vault.json', 'keys/'])
    for (const key of await keysBelow(store, sparePrefix + prefix, signal)) there.add(key);
  const wanted = ['config', vaultFileKey, ...(await keysBelow(store, 'keys/', signal))];
  for (const key of wanted) {
    if (there.has(spareKey(key))) continue;
    const pair = await pairOf({ ...options, known: new Map() }, key, true, signal);
    if (pair.main.kind !== 'sound') continue;
    await kindOf(options, key, signal).write(spareKey(key), pair.main.content);
    // who removed the key meanwhile has looked for its copy before it was there
    if (key.startsWith('keys/') && !(await isThere(store, key, signal)))
      await store.delete(spareKey(key), signal);
  }
}

async function mend(options: SparesOptions, keys: KeysToMend, signal?: AbortSignal): Promise<SpareMending> {
  const mended: string[] = [];
  const lost: string[] = [];
  for (const pair of await lookAt(options, true, signal)) {
    const keyId = pair.key.startsWith('keys/') ? pair.key.slice('keys/'.length) : '';
    const staysAway = keys.removed.has(keyId);
    const isUndecided = mayBeRemoved(options, pair) && !keys.lost.has(keyId);
    if (staysAway || (pair.key.startsWith(marksPrefix) && pair.main.kind === 'wrong'))
      mended.push(...(await takeAway(options, pair, signal)));
    else if (pair.content === undefined || isUndecided)
      lost.push(...findingsOf(options, pair).map(({ key }) => key));
    else mended.push(...(await mendPair(options, pair, pair.content, signal)));
  }
  return { mended, lost };
}

async function takeAway({ store }: SparesOptions, { key }: Pair, signal?: AbortSignal): Promise<string[]> {
  for (const place of [spareKey(key), key]) await store.delete(place, signal);
  return [key];
}

/** A copy that was never made is made, which mends nothing. */
async function mendPair(
  options: SparesOptions,
  { key, main, spare }: Pair,
  content: Buffer,
  signal?: AbortSignal,
): Promise<string[]> {
  if (key.startsWith(marksPrefix)) return [];
  const { write } = kindOf(options, key, signal);
  const isRight = (state: State): boolean => state.kind === 'sound' && state.content.equals(content);
  const mended: string[] = [];
  if (!isRight(main)) {
    await write(key, content);
    mended.push(key);
  }
  if (!isRight(spare)) {
    await write(spareKey(key), content);
    if (spare.kind !== 'absent') mended.push(spareKey(key));
  }
  return mended;
}

/** Restic leaves nothing that tells removal from loss. The key in use was not removed: restic never does that. */
function mayBeRemoved({ repository }: SparesOptions, { key, main }: Pair): boolean {
  if (!key.startsWith('keys/') || main.kind !== 'absent') return false;
  return !repairsOf(repository).isKeyInUse(key.slice('keys/'.length));
}

function findingsOf(options: SparesOptions, pair: Pair): SpareFinding[] {
  const { key, main, spare, content } = pair;
  const canBeMended = content !== undefined || key.startsWith(marksPrefix);
  const findings: SpareFinding[] = [];
  const add = (place: string, what: string, isThere: boolean) =>
    findings.push({
      ...{ key: place, what, canBeMended, isThere },
      mayBeRemoved: place === key && mayBeRemoved(options, pair),
    });
  const differs = main.kind === 'sound' && content !== undefined && !main.content.equals(content);
  if (main.kind === 'wrong' || differs) add(key, 'does not hold what was written', true);
  if (main.kind === 'absent' && spare.kind !== 'absent') add(key, 'is missing, but its copy is there', false);
  if (main.kind === 'absent' && spare.kind === 'absent' && content !== undefined)
    add(key, 'is missing, and so is its copy; this machine has read it', false);
  if (spare.kind === 'wrong') add(spareKey(key), 'does not hold what was written', true);
  return findings;
}

/** All pairs of which at least one copy is there, and records that this machine has read and of which none is. */
async function lookAt(options: SparesOptions, all: boolean, signal?: AbortSignal): Promise<Pair[]> {
  const { store } = options;
  const look: Look = { ...options, known: options.knownRecords() };
  const spares = new Set(await keysBelow(store, sparePrefix, signal));
  const mains = new Set<string>(['config', vaultFileKey]);
  for (const prefix of ['keys/', evidencePrefix, planPrefix, marksPrefix])
    for (const key of await keysBelow(store, prefix, signal)) mains.add(key);
  const keys = new Set([...mains, ...[...spares].map(mainKey), ...look.known.keys()]);
  const pairs: Pair[] = [];
  const waiting = [...keys].sort().values();
  const lane = async (): Promise<void> => {
    for (const key of waiting) {
      const isSmall = !key.startsWith(evidencePrefix) && !key.startsWith(planPrefix);
      const isPaired = mains.has(key) && (spares.has(spareKey(key)) || key.startsWith(marksPrefix));
      if (all || isSmall || !isPaired) pairs.push(await pairOf(look, key, spares.has(spareKey(key)), signal));
    }
  };
  await Promise.all(Array.from({ length: readsAtOnce }, lane));
  return pairs.sort((a, b) => (a.key < b.key ? -1 : 1));
}

async function pairOf(options: Look, key: string, hasSpare: boolean, signal?: AbortSignal): Promise<Pair> {
  const { contentOf } = kindOf(options, key, signal);
  const main = await stateOf(() => contentOf(key, key));
  const spare: State = hasSpare ? await stateOf(() => contentOf(key, spareKey(key))) : { kind: 'absent' };
  // the sealed copy proves itself, the plain original does not
  const proven = key === vaultFileKey ? [spare, ...(isOf(main, options.file) ? [main] : [])] : [main, spare];
  const content = proven.flatMap((state) => (state.kind === 'sound' ? [state.content] : []))[0];
  return { key, main, spare, content: content ?? knownContent(options, key) };
}

function isOf(main: State, { id }: VaultFile): boolean {
  return main.kind === 'sound' && decodeVaultFile(main.content).id === id;
}

function knownContent({ known, file }: Look, key: string): Buffer | undefined {
  if (key === vaultFileKey) return encodeVaultFile(file);
  const text = key.startsWith(evidencePrefix) ? known.get(key) : undefined;
  return text === undefined ? undefined : Buffer.from(text);
}

async function stateOf(read: () => Promise<Buffer | undefined>): Promise<State> {
  try {
    const content = await read();
    return content === undefined ? { kind: 'wrong' } : { kind: 'sound', content };
  } catch (error) {
    if (hasCode(error, 'OBJECT_MISSING')) return { kind: 'absent' };
    if (hasCode(error, 'OBJECT_DAMAGED', 'VAULT_UNSUPPORTED')) return { kind: 'wrong' };
    throw error;
  }
}

function kindOf({ store, repository }: SparesOptions, key: string, signal?: AbortSignal): Kind {
  const { sealed } = repository;
  const plain = (place: string) => store.get(place, undefined, signal);
  const put = (place: string, content: Buffer) => store.put(place, content, signal);
  if (key === 'config')
    return {
      contentOf: async (_key, place) =>
        onlyIf(await plain(place), (bytes) => repairsOf(repository).isConfig(bytes)),
      write: put,
    };
  if (key.startsWith('keys/'))
    return {
      contentOf: async (name, place) => onlyIf(await plain(place), (bytes) => isNamedByContent(name, bytes)),
      write: put,
    };
  if (key === vaultFileKey)
    return {
      contentOf: async (_key, place) => {
        const bytes = place === vaultFileKey ? await plain(place) : await sealed.get(place, signal);
        return encodeVaultFile(decodeVaultFile(bytes));
      },
      write: (place, content) =>
        place === vaultFileKey ? put(place, content) : sealed.put(place, content, signal),
    };
  return {
    contentOf: async (name, place) =>
      onlyIf(await sealed.get(place, signal), (bytes) => isWhatItsNameSays(name, bytes)),
    write: (place, content) => sealed.put(place, content, signal),
  };
}

function onlyIf(bytes: Buffer, isRight: (bytes: Buffer) => boolean): Buffer | undefined {
  return isRight(bytes) ? bytes : undefined;
}

/** A mark says in no way what it holds: its seal must do. */
function isWhatItsNameSays(key: string, bytes: Buffer): boolean {
  if (key.startsWith(planPrefix)) return isPlanOf(key, bytes);
  return key.startsWith(marksPrefix) || isTextOf(key, bytes.toString('utf8'));
}

function isNamedByContent(key: string, bytes: Buffer): boolean {
  return key.endsWith(`/${createHash('sha256').update(bytes).digest('hex')}`);
}

function mainKey(spare: string): string {
  const name = spare.slice(sparePrefix.length);
  return name === 'config' || name.startsWith('keys/') ? name : `lifeboat/${name}`;
}

async function keysBelow(store: ObjectStore, prefix: string, signal?: AbortSignal): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix, signal)) keys.push(key);
  return keys;
}
