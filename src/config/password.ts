/** Where a vault's password comes from: the environment, else the plan's reference, else a person; never an argument. */
import { hasCode, LifeboatError } from '../error/lifeboat-error.ts';
import type { SecretReference } from '../plan/secret-reference.ts';
import { environmentVariable } from '../platform/environment.ts';
import { resolveSecret } from './resolve-secret.ts';

export interface PasswordQuestion {
  /** Of the vault, for people. */
  readonly location: string;
  /** From the plan, with the folder of the plan. */
  readonly fromPlan?: { readonly reference: SecretReference; readonly folder: string };
  /** Absolute: where paths and commands of the environment count from. */
  readonly folder: string;
  /** Asks on the terminal; absent where nobody can answer. */
  readonly ask?: (question: string) => Promise<string>;
  readonly signal?: AbortSignal;
}

export interface FoundPassword {
  readonly password: string;
  /** For people: `LIFEBOAT_PASSWORD_FILE`, the plan's reference, `the terminal`. */
  readonly origin: string;
}

/** Raises CONFIG_INVALID when two variables are set, SECRET_UNAVAILABLE, and USAGE when there is none at all. */
export async function findPassword(question: PasswordQuestion): Promise<FoundPassword> {
  const given = passwordVariable();
  if (given !== undefined) {
    const place = { folder: question.folder, name: given.name, ...signalOf(question) };
    return { password: await resolveSecret(given.reference, place), origin: given.name };
  }
  if (question.fromPlan !== undefined) {
    const { reference, folder } = question.fromPlan;
    try {
      const password = await resolveSecret(reference, { folder, ...signalOf(question) });
      return { password, origin: "the plan's reference" };
    } catch (error) {
      throw hasCode(error, 'SECRET_UNAVAILABLE') ? withRecoveryKey(error) : error;
    }
  }
  if (question.ask === undefined) throw noPassword(question.location);
  const password = await question.ask(`Password of the vault ${question.location}: `);
  if (password === '') throw noPassword(question.location);
  return { password, origin: 'the terminal' };
}

/** A password that is lost is no vault that is lost. */
function withRecoveryKey({ code, message, hint, details, cause }: LifeboatError): LifeboatError {
  const way =
    'If the password is lost, set LIFEBOAT_PASSWORD_FILE to a file with the recovery key, which opens the vault as well; ' +
    'then `lifeboat key add --new-password-file FILE` gives it a new password.';
  return new LifeboatError(code, message, { hint: `${hint} ${way}`, details, cause });
}

interface GivenVariable {
  readonly name: string;
  readonly reference: SecretReference;
}

/** The one variable of the three that is set. Set and empty counts as set, and is an error where it is resolved. */
export function passwordVariable(): GivenVariable | undefined {
  const all: readonly (GivenVariable | undefined)[] = [
    variable('LIFEBOAT_PASSWORD', (_value, name) => ({ kind: 'env', name })),
    variable('LIFEBOAT_PASSWORD_FILE', (path) => ({ kind: 'file', path })),
    variable('LIFEBOAT_PASSWORD_COMMAND', (command) => ({ kind: 'command', command })),
  ];
  const [first, second] = all.filter((each) => each !== undefined);
  if (first === undefined || second === undefined) return first;
  throw new LifeboatError('CONFIG_INVALID', `${first.name} and ${second.name} are both set`, {
    hint: 'Set only one of them, so that it is clear which password is meant.',
  });
}

function variable(
  name: string,
  reference: (value: string, name: string) => SecretReference,
): GivenVariable | undefined {
  const value = environmentVariable(name);
  return value === undefined ? undefined : { name, reference: reference(value, name) };
}

function signalOf({ signal }: PasswordQuestion): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

function noPassword(location: string): LifeboatError {
  return new LifeboatError('USAGE', `no password is given for the vault ${location}`, {
    hint: 'Set LIFEBOAT_PASSWORD_FILE to a file that holds it, or LIFEBOAT_PASSWORD, or LIFEBOAT_PASSWORD_COMMAND.',
  });
}
