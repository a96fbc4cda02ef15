/** How a vault is named in a command that a hint tells, so that what is typed as told is about that very vault. */

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
    /`lifeboat (?:repair \w+|check)(?![^`]*--vault)/g,
    (command) => `${command} --vault ${word}`,
  );
}
