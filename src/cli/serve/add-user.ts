/** Writes a user into the file of users, with a password that is asked for or read from a file. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { LifeboatError, systemErrorName } from '../../error/lifeboat-error.ts';
import { writeFileAtomically } from '../../platform/atomic-file.ts';
import type { CliContext } from '../cli-context.ts';
import type { CommandEnd } from '../command.ts';
import type { Input } from '../input.ts';
import { passwordOfNewKey } from '../new-password.ts';

/** Raises USAGE for a name that cannot be one, PERMISSION_DENIED. The other lines of the file stay as they are. */
export async function addUser(context: CliContext, input: Input): Promise<CommandEnd> {
  const { userLine, withUser } = await import('../../rest-server/users.ts');
  const name = input.value('--add-user') ?? '';
  const file = input.value('--htpasswd');
  if (file === undefined)
    throw new LifeboatError('USAGE', 'it is not said which file the user goes into', {
      hint: 'Give --htpasswd FILE; it is made when it is not there.',
    });
  const path = resolve(context.folder, file);
  const before = await textOf(path);
  const option = '--user-password-file';
  const password = await passwordOfNewKey(context, input.value(option), option);
  await write(path, withUser(before, name, await userLine(name, password)));
  await context.output.text(`${path} lets ${name} in; start the server again for it to know`);
  return { summary: { user: name, file: path } };
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemErrorName(error) === 'ENOENT') return '';
    throw denied(path, 'read', error);
  }
}

async function write(path: string, text: string): Promise<void> {
  try {
    await writeFileAtomically(path, text, 0o600);
  } catch (error) {
    throw denied(path, 'written', error);
  }
}

function denied(path: string, what: string, cause: unknown): LifeboatError {
  const errno = systemErrorName(cause) ?? 'unknown error';
  return new LifeboatError('PERMISSION_DENIED', `${path} cannot be ${what}: ${errno}`, {
    hint: 'Name a file in a folder that is there and that you may write.',
    cause,
  });
}
