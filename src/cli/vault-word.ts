/** How a vault is named in a command that a hint tells, so that what is typed as told is about that very vault. */
import { LifeboatError } from '../error/lifeboat-error.ts';

/** As the plan names it, else where it is; as the shell takes it. */
export function vaultWord(name: string | undefined, { location }: { readonly location: string }): string {
  return shellWord(name ?? location);
}

export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The repository, which writes most hints of a check, knows no name of its vault. */
export function withVaultNamed(hint: string, word: string): string {
  return hint.replaceAll(
    /`lifeboat (?:repair \w+|check|unlock)(?![^`]*--vault)/g,
    (command) => `${command} --vault ${word}`,
  );
}

/** The same error, whose hint is about this vault. */
export function aboutVault(error: LifeboatError, word: string): LifeboatError {
  const hint = error.hint === undefined ? undefined : withVaultNamed(error.hint, word);
  if (hint === error.hint || hint === undefined) return error;
  const { code, message, retryable, details } = error;
  return new LifeboatError(code, message, { hint, retryable, details, cause: error.cause });
}
