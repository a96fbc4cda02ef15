/** Shares of a recovery key, from files or typed one after the other, put together. */
import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { hasCode, LifeboatError, systemErrorName } from '../../error/lifeboat-error.ts';
import {
  combineShares,
  type GivenShare,
  type KeyShare,
  lastOfOneSplit,
  sharesMax,
} from '../../seal/key-shares.ts';
import type { CliContext } from '../cli-context.ts';
import { keyText } from '../recovery-key.ts';

const pageBytesMax = 64 * 1024;
/** Of a person who types; more are of something that is no person. */
const mistakesMax = 10;

export interface CombinedKey {
  readonly password: string;
  /** One of those that it came from: it tells the vault that they were made for. */
  readonly share: KeyShare;
}

/** Without files they are asked for, until there are enough. Raises KEY_SHARES_INVALID, USAGE. */
export async function keyFromShares(context: CliContext, files: readonly string[]): Promise<CombinedKey> {
  const given = files.length > 0 ? await sharesOf(context, files) : await typedShares(context);
  for (const { text } of given) context.output.hide(text);
  return { password: keyText(await combineShares(given)), share: lastOfOneSplit(given) };
}

async function sharesOf({ folder }: CliContext, files: readonly string[]): Promise<readonly GivenShare[]> {
  return await Promise.all(
    files.map(async (file) => ({ name: basename(file), text: await pageOf(resolve(folder, file)) })),
  );
}

async function pageOf(path: string): Promise<string> {
  try {
    const bytes = await readFile(path);
    if (bytes.length <= pageBytesMax) return bytes.toString('utf8');
  } catch (cause) {
    throw new LifeboatError(
      'SECRET_UNAVAILABLE',
      `the share ${path} cannot be read: ${systemErrorName(cause) ?? 'unknown error'}`,
      {
        hint: 'Check the path and who may read it.',
        cause,
      },
    );
  }
  throw new LifeboatError('KEY_SHARES_INVALID', `${path} is too large for a share`, {
    hint: 'Name the file that `lifeboat key split` wrote.',
  });
}

async function typedShares({ askSecret, output }: CliContext): Promise<readonly GivenShare[]> {
  if (askSecret === undefined)
    throw new LifeboatError('USAGE', 'no shares are given, and there is no terminal to type them on', {
      hint: 'Give --share-file FILE for each.',
    });
  const given: GivenShare[] = [];
  let needed = 1;
  let mistakes = 0;
  while (given.length < needed && given.length < sharesMax) {
    const of = given.length === 0 ? '' : ` of ${needed}`;
    const share = {
      name: `share ${given.length + 1} as typed`,
      text: await askSecret(`Share ${given.length + 1}${of}: `),
    };
    // said at once, while the person still has the paper in hand; what was typed before is not lost
    try {
      const { number, needed: all, total } = lastOfOneSplit([...given, share]);
      output.note(`that is number ${number} of ${total}; ${all} are needed`);
      needed = all;
      given.push(share);
    } catch (error) {
      mistakes += 1;
      if (!hasCode(error, 'KEY_SHARES_INVALID') || mistakes >= mistakesMax) throw error;
      output.warn(`${error.message}; give it again, or another one`);
    }
  }
  return given;
}
