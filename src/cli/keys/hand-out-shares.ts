/** Gives shares to the person: as files of their owner alone, or on the terminal one at a time. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LifeboatError, systemErrorName } from '../../error/lifeboat-error.ts';
import { syncFolder } from '../../platform/atomic-file.ts';
import { shareTestVector } from '../../seal/key-shares-vector.ts';
import type { CliContext } from '../cli-context.ts';
import { makeSecretFile, requireAbsent } from '../secret-file.ts';

export interface SharesToGive {
  readonly printed: readonly string[];
  readonly needed: number;
  readonly vaultId: string;
  readonly location: string;
  /** Absolute; absent: the terminal. */
  readonly out?: string;
}

/** The paths of the files, if any. */
export async function handOutShares(context: CliContext, shares: SharesToGive): Promise<readonly string[]> {
  if (shares.out !== undefined) return await writeShares(context, shares, shares.out);
  await showShares(context, shares);
  return [];
}

async function writeShares(
  { output }: CliContext,
  shares: SharesToGive,
  out: string,
): Promise<readonly string[]> {
  await makeFolder(out);
  const total = shares.printed.length;
  const paths = shares.printed.map((_, at) => join(out, `share-${at + 1}-of-${total}.txt`));
  // all or none: half a set of shares is no set
  for (const path of paths) await requireAbsent(path);
  for (const [at, path] of paths.entries()) {
    await makeSecretFile(path, pageOf(shares, at).trimEnd());
    await output.text(`wrote ${path}`);
  }
  await syncFolder(out);
  await output.text('print each, give it to its person, and delete the files');
  return paths;
}

async function showShares({ output, askSecret }: CliContext, shares: SharesToGive): Promise<void> {
  const total = shares.printed.length;
  for (const at of shares.printed.keys()) {
    output.showSecret(
      shares.printed[at] ?? '',
      `Share ${at + 1} of ${total} for the vault ${shares.vaultId}; any ${shares.needed} make the recovery key:`,
    );
    await askSecret?.(`Press Enter when share ${at + 1} is written down: `);
  }
  output.note(vectorText());
}

async function makeFolder(out: string): Promise<void> {
  try {
    await mkdir(out, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new LifeboatError(
      'PERMISSION_DENIED',
      `the folder ${out} cannot be made: ${systemErrorName(cause) ?? 'unknown error'}`,
      {
        hint: 'Name another one with --out.',
        cause,
      },
    );
  }
}

const groupsPerLine = 5;

function pageOf({ printed, needed, vaultId, location }: SharesToGive, at: number): string {
  const groups = (printed[at] ?? '').split('-');
  const lines = Array.from({ length: Math.ceil(groups.length / groupsPerLine) }, (_, line) =>
    groups.slice(line * groupsPerLine, (line + 1) * groupsPerLine).join('-'),
  );
  const code = lines.map((line, number) => `${number === 0 ? 'share code: ' : '            '}${line}`);
  return [
    'Lifeboat: a share of a recovery key',
    '',
    `vault:      ${vaultId}`,
    `at:         ${location}`,
    `share:      ${at + 1} of ${printed.length}; any ${needed} make the key`,
    '',
    ...code,
    '',
    'Keep it where the fire is not, and apart from the other shares.',
    `To put the key together: lifeboat key combine --vault LOCATION --out FILE,`,
    'and type the codes of the shares. Letters may be small, dashes may be left out.',
    '',
    vectorText(),
    '',
  ].join('\n');
}

function vectorText(): string {
  const { shares, secret } = shareTestVector;
  return [
    'Test vector, to check other programs with (Shamir over GF(2^8), polynomial 0x11b; the last',
    'byte of a point is its x; docs/formats/key-shares.md): of the points, in hex,',
    ...shares.map((point) => `  ${point}`),
    'comes the secret',
    `  ${secret}`,
  ].join('\n');
}
