/** Turns a reference to a secret into the secret. The value goes nowhere but to the caller; errors name the reference. */
import { readFile } from 'node:fs/promises';
import { LifeboatError, systemErrorName } from '../error/lifeboat-error.ts';
import { hideSecretArguments } from '../plan/command-secrets.ts';
import { formatSecretReference, type SecretReference } from '../plan/secret-reference.ts';
import { absolutePath } from '../platform/absolute-path.ts';
import { runProgram } from '../platform/child-process.ts';
import { environmentVariable } from '../platform/environment.ts';

export interface SecretPlace {
  /** Absolute; relative paths count from it, and commands start in it. */
  readonly folder: string;
  /** What is named in errors when it is not the reference itself: `LIFEBOAT_PASSWORD_FILE`. */
  readonly name?: string;
  readonly signal?: AbortSignal;
}

const secretBytesMax = 64 * 1024;
const commandTimeoutMs = 5 * 60 * 1000;

/** Files and commands lose one newline at the end. Raises SECRET_UNAVAILABLE; never with the value. */
export async function resolveSecret(reference: SecretReference, place: SecretPlace): Promise<string> {
  const name = place.name ?? hideSecretArguments(formatSecretReference(reference), '…');
  switch (reference.kind) {
    case 'env':
      return notEmpty(fromEnvironment(reference.name, name), name);
    case 'file':
      return notEmpty(await fromFile(reference.path, place.folder, name), name);
    case 'command':
      return notEmpty(await fromCommand(reference.command, place, name), name);
    case 'kms':
      return notEmpty(await fromKeyService(reference.path, place, name), name);
    default:
      return reference satisfies never;
  }
}

function fromEnvironment(variable: string, name: string): string {
  const value = environmentVariable(variable);
  if (value !== undefined) return value;
  throw unavailable(name, `the variable ${variable} is not set`, `Set ${variable} in the environment.`);
}

async function fromKeyService(path: string, place: SecretPlace, name: string): Promise<string> {
  const bytes = await bytesOf(path, place.folder, name);
  // loaded for those who use it: the client of a key service takes longer to load than most commands to run
  const { unwrapSecret } = await import('./kms.ts');
  return await unwrapSecret(bytes, name, place.signal);
}

async function fromFile(path: string, folder: string, name: string): Promise<string> {
  return withoutLastNewline((await bytesOf(path, folder, name)).toString('utf8'));
}

async function bytesOf(path: string, folder: string, name: string): Promise<Buffer> {
  if (path === '') throw unavailable(name, 'it names no file', 'Give the path of the file.');
  const full = absolutePath(path, folder);
  try {
    const bytes = await readFile(full);
    if (bytes.length <= secretBytesMax) return bytes;
  } catch (error) {
    const errno = systemErrorName(error) ?? 'unknown error';
    throw unavailable(name, `${full} cannot be read: ${errno}`, 'Check the path and who may read it.', error);
  }
  throw unavailable(
    name,
    `${full} is too large for a password`,
    'Name the file that holds only the password.',
  );
}

async function fromCommand(script: string, place: SecretPlace, name: string): Promise<string> {
  const result = await runProgram(
    { kind: 'shell', script },
    {
      folder: place.folder,
      stderr: 'inherit',
      timeoutMs: commandTimeoutMs,
      stdoutBytesMax: secretBytesMax,
      signal: place.signal,
    },
  );
  const hint = 'Run the command by itself: it must end with 0 and print only the password.';
  if (result.stdoutExceeded) throw unavailable(name, 'its command printed too much', hint);
  if (result.timedOut) throw unavailable(name, 'its command did not end in 5 minutes', hint);
  if (result.signal !== undefined) throw unavailable(name, `its command was ended by ${result.signal}`, hint);
  if (result.exitCode !== 0) throw unavailable(name, `its command ended with ${result.exitCode}`, hint);
  return withoutLastNewline(result.stdout.toString('utf8'));
}

function withoutLastNewline(text: string): string {
  return text.replace(/\r?\n$/, '');
}

function notEmpty(value: string, name: string): string {
  if (value !== '') return value;
  throw unavailable(name, 'it is empty', 'An empty password opens no vault; give the real one.');
}

function unavailable(name: string, reason: string, hint: string, cause?: unknown): LifeboatError {
  return new LifeboatError('SECRET_UNAVAILABLE', `the secret ${name} is not available: ${reason}`, {
    hint,
    details: { reference: name },
    ...(cause === undefined ? {} : { cause }),
  });
}
