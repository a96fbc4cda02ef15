/** Reads `--system orders=sqlite:shop.db`. */
import { lstat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { LifeboatError, systemErrorName } from '../../error/lifeboat-error.ts';
import type { ChosenSource, ChosenSystem } from './init-choices.ts';
import { isDatabase } from './inspect-folder.ts';
import { isName } from './system-name.ts';

const forms = 'NAME=sqlite:PATH, NAME=files:PATH[,PATH] or NAME=env:FILE';

/**
 * Paths count from `folder`. What is named must be there and of its kind. Raises USAGE, SOURCE_MISSING,
 * SOURCE_INVALID.
 */
export async function systemFromFlag(text: string, folder: string): Promise<ChosenSystem> {
  const match = /^([^=]*)=(sqlite|files|env):(.+)$/s.exec(text);
  const [, name = '', kind, places = ''] = match ?? [];
  if (match === null) throw usage(`--system "${text}" is not understood`, `Write ${forms}.`);
  if (!isName(name)) {
    const hint = 'A name has letters, digits, - and _, begins with a letter or digit and has at most 64.';
    throw usage(`"${name}" cannot be the name of a system`, hint);
  }
  const paths = kind === 'sqlite' ? [places] : places.split(',').filter((each) => each !== '');
  if (paths.length === 0) throw usage(`--system "${text}" names no path`, `Write ${forms}.`);
  const absolute = paths.map((path) => resolve(folder, path));
  for (const path of absolute) await requireThere(name, path);
  return { name, source: await sourceOf(kind, absolute) };
}

async function sourceOf(kind: string | undefined, paths: readonly string[]): Promise<ChosenSource> {
  if (kind === 'files') return { kind: 'files', paths, exclude: [] };
  if (kind === 'env') return { kind: 'env', files: paths };
  const [path = ''] = paths;
  if (await isDatabase(path)) return { kind: 'sqlite', path };
  throw new LifeboatError('SOURCE_INVALID', `${path} is not an SQLite database, or it cannot be read`, {
    hint: 'Name the database file itself; use files: for other formats.',
  });
}

async function requireThere(name: string, path: string): Promise<void> {
  try {
    await lstat(path);
  } catch (cause) {
    throw new LifeboatError('SOURCE_MISSING', `${path}, which the system ${name} names, is not there`, {
      hint: `Check the path: ${systemErrorName(cause) ?? 'unknown error'}.`,
      cause,
    });
  }
}

function usage(message: string, hint: string): LifeboatError {
  return new LifeboatError('USAGE', message, { hint });
}
