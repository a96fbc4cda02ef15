/**
 * A recovery key split into shares, any `needed` of which make it up again (Shamir's scheme, byte by byte over
 * GF(2^8) with x⁸+x⁴+x³+x+1). The scheme alone does not notice a wrong share, so each carries checksums.
 * docs/formats/key-shares.md describes every byte.
 *
 * Glossary: *split*: one act of splitting; shares of two splits do not fit together, even of the same key.
 */
import { hash } from 'node:crypto';
import { combine, split } from 'shamir-secret-sharing';
import { assert, defined } from '../error/assert.ts';
import { LifeboatError } from '../error/lifeboat-error.ts';
import { randomBytes } from '../platform/random.ts';
import { fromBase32, toBase32 } from './base32.ts';

export const sharesMax = 20;
const neededMin = 2;
const secretBytes = 32;

const format = 1;
const tagBytes = 4;
const headBytes = 4;
const shareBytes = secretBytes + 1;
const checkedBytes = headBytes + tagBytes + tagBytes + 1 + shareBytes;
const allBytes = checkedBytes + tagBytes;

export interface ShareRequest {
  /** 32 bytes. */
  readonly secret: Uint8Array;
  readonly vaultId: string;
  readonly shares: number;
  readonly needed: number;
}

export interface KeyShare {
  readonly needed: number;
  readonly total: number;
  /** From 1 to `total`. */
  readonly number: number;
  /** Hex: the beginnings of hashes of the vault's id and of the secret, and a random mark of the split. */
  readonly vaultTag: string;
  readonly secretTag: string;
  readonly splitMark: string;
  readonly bytes: Buffer;
}

/** What a person typed or a file holds, and what to call it: `share-2-of-5.txt`. */
export interface GivenShare {
  readonly name: string;
  readonly text: string;
}

/**
 * As they are printed, in the order of their numbers. Each was used to put the secret together before it is given out.
 * Raises USAGE when the numbers make no sense.
 */
export async function splitSecret(request: ShareRequest): Promise<readonly string[]> {
  const { secret, shares, needed } = request;
  assert(secret.length === secretBytes, 'a recovery key has 32 bytes');
  checkCounts(shares, needed);
  const mark = randomBytes(1);
  const parts = await split(Uint8Array.from(secret), shares, needed);
  const printed = parts.map((part, at) => toBase32(shareOf(request, mark, at + 1, part)));
  for (const at of printed.keys()) await proveTogether(request, printed, at);
  return printed;
}

/** Share `at` and those after it. */
async function proveTogether({ secret, needed }: ShareRequest, printed: readonly string[], at: number) {
  const chosen = Array.from({ length: needed }, (_, next) => printed[(at + next) % printed.length] ?? '');
  const combined = await combineShares(chosen.map((text) => ({ name: 'a new share', text })));
  assert(Buffer.from(secret).equals(combined), 'new shares make up the secret');
}

/**
 * The secret, 32 bytes; more shares than needed are all looked at. Raises KEY_SHARES_INVALID, naming the shares that are
 * mistyped, do not belong together, are given twice, or saying how many are missing.
 */
export async function combineShares(given: readonly GivenShare[]): Promise<Buffer> {
  const parsed = parseTogether(given);
  const [first] = parsed;
  if (first === undefined) throw invalid('no share was given', 'Give the shares one after the other.');
  const { needed, total, secretTag } = first.share;
  if (parsed.length < needed)
    throw invalid(
      `${parsed.length} of ${needed} shares are there (the key was split into ${total})`,
      `Bring ${needed - parsed.length} more; missing are numbers ${missingNumbers(parsed, total)}.`,
    );
  const secret = await combined(parsed);
  if (secret === undefined || tagOf('secret', secret).toString('hex') !== secretTag)
    throw invalid(
      `the shares ${namesOf(parsed)} fit together by their marks, but do not make up the key`,
      'At least one is of another split or was altered; try with other shares of the same split.',
    );
  return secret;
}

/** The last of them, when they belong together. Raises KEY_SHARES_INVALID as `combineShares` does, but for missing ones. */
export function lastOfOneSplit(given: readonly GivenShare[]): KeyShare {
  return defined(parseTogether(given).at(-1), 'a share was given').share;
}

function parseTogether(given: readonly GivenShare[]): readonly ParsedShare[] {
  const parsed = given.map((each) => ({ ...each, share: parseShare(each) }));
  const [first] = parsed;
  for (const each of parsed) if (first !== undefined) requireSameSplit(first, each);
  requireDifferent(parsed);
  return parsed;
}

/** `undefined` for points that no split makes, such as two of the same place. */
async function combined(parsed: readonly ParsedShare[]): Promise<Buffer | undefined> {
  const points = parsed.map(({ share }) => Uint8Array.from(share.bytes));
  const places = new Set(points.map((point) => point.at(-1)));
  return places.size < points.length ? undefined : Buffer.from(await combine(points));
}

/** Raises KEY_SHARES_INVALID when it was not typed as it was printed. */
export function parseShare({ name, text }: GivenShare): KeyShare {
  const bytes = fromBase32(codeIn(text), allBytes);
  if (bytes === undefined)
    throw invalid(`${name} is no share: it needs ${allBytes * 1.6} letters and digits`, retype);
  const ownTag = bytes.subarray(checkedBytes);
  if (!tagOf('share', bytes.subarray(0, checkedBytes)).equals(ownTag))
    throw invalid(`${name} has a mistake in it: its own checksum does not fit`, retype);
  const [version = 0, needed = 0, total = 0, number = 0] = bytes;
  if (version !== format)
    throw invalid(`${name} is a share of format ${version}, which this version does not know`, newer);
  if (needed < neededMin || needed > total || total > sharesMax || number < 1 || number > total)
    throw invalid(
      `${name} says that it is number ${number} of ${total}, of which ${needed} are needed`,
      forged,
    );
  const at = (start: number, length: number) => bytes.subarray(start, start + length);
  return {
    needed,
    total,
    number,
    vaultTag: at(headBytes, tagBytes).toString('hex'),
    secretTag: at(headBytes + tagBytes, tagBytes).toString('hex'),
    splitMark: at(headBytes + 2 * tagBytes, 1).toString('hex'),
    bytes: at(headBytes + 2 * tagBytes + 1, shareBytes),
  };
}

/** Whether the share was made for this vault. */
export function isForVault(share: KeyShare, vaultId: string): boolean {
  return share.vaultTag === tagOf('vault', Buffer.from(vaultId)).toString('hex');
}

const retype = 'Compare it with the paper, group by group, and give it again.';
const forged = 'No split makes such a share. Ask where it comes from, and bring another one.';
const newer = 'Use the version of Lifeboat that made it, or a newer one.';

/**
 * From a whole printed page: the line with the code and those that it goes on in; else all of the text. Mail programs
 * put marks before lines and take spaces away, and other systems end lines otherwise.
 */
function codeIn(page: string): string {
  const lines = page.split(/\r\n|\r|\n/).map((line) => line.replace(/^(?:> ?)+/, ''));
  const start = lines.findIndex((line) => codeLine.test(line));
  if (start < 0) return page;
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => !/^\s+\S/.test(line) && !onlyGroups.test(line));
  const more = rest.slice(0, end < 0 ? rest.length : end);
  return [codeLine.exec(lines[start] ?? '')?.[1] ?? '', ...more].join(' ');
}

const codeLine = /^\s*share code:(.*)$/i;
const onlyGroups = /^[0-9a-z]{4}(?:\p{Pd}[0-9a-z]{4})+\p{Pd}?\s*$/iu;

function shareOf(
  { secret, vaultId, shares, needed }: ShareRequest,
  mark: Buffer,
  number: number,
  part: Uint8Array,
) {
  assert(part.length === shareBytes, 'a share is one byte longer than the secret');
  const checked = Buffer.concat([
    Buffer.from([format, needed, shares, number]),
    tagOf('vault', Buffer.from(vaultId)),
    tagOf('secret', secret),
    mark,
    part,
  ]);
  return Buffer.concat([checked, tagOf('share', checked)]);
}

/** Four bytes: enough to notice any slip of a pen, and no help worth naming in guessing 256 bits. */
function tagOf(what: 'vault' | 'secret' | 'share', bytes: Uint8Array): Buffer {
  const input = Buffer.concat([Buffer.from(`lifeboat ${what}\0`), bytes]);
  return hash('sha256', input, 'buffer').subarray(0, tagBytes);
}

function checkCounts(shares: number, needed: number): void {
  const isSound = [shares, needed].every(Number.isSafeInteger) && needed >= neededMin && needed <= shares;
  if (isSound && shares <= sharesMax) return;
  throw new LifeboatError(
    'USAGE',
    `a key cannot be split into ${shares} shares of which ${needed} are needed`,
    {
      hint: `Need at least ${neededMin}, and make at least as many and at most ${sharesMax}.`,
    },
  );
}

interface ParsedShare extends GivenShare {
  readonly share: KeyShare;
}

function requireSameSplit(first: ParsedShare, other: ParsedShare): void {
  const facts = ({ share }: ParsedShare) =>
    [share.needed, share.total, share.vaultTag, share.secretTag, share.splitMark].join();
  if (facts(first) === facts(other)) return;
  throw invalid(
    `${other.name} and ${first.name} do not belong together`,
    'They are of different keys or were split at different times; give shares of one split.',
  );
}

function requireDifferent(parsed: readonly ParsedShare[]): void {
  for (const [at, each] of parsed.entries()) {
    const same = parsed.slice(0, at).find(({ share }) => share.number === each.share.number);
    if (same !== undefined)
      throw invalid(
        `${same.name} and ${each.name} are the same share, number ${each.share.number}`,
        'Give each once.',
      );
  }
}

function missingNumbers(parsed: readonly ParsedShare[], total: number): string {
  const there = new Set(parsed.map(({ share }) => share.number));
  return Array.from({ length: total }, (_, at) => at + 1)
    .filter((number) => !there.has(number))
    .join(', ');
}

function namesOf(parsed: readonly ParsedShare[]): string {
  return parsed.map(({ name }) => name).join(', ');
}

function invalid(message: string, hint: string): LifeboatError {
  return new LifeboatError('KEY_SHARES_INVALID', message, { hint });
}
