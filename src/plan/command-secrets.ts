/** Passwords and tokens among the arguments of a command: what stands before the secret, then the secret. */
const secretArguments: readonly RegExp[] = [
  /(\b(?:mysql|mysqldump|mysqladmin|mariadb|mariadb-dump|mongodump|sshpass)\b[^|;&]*?\s-p\s*['"]?)([^\s'"-][^\s'"]*)/g,
  /(\s--?(?:password|passwd|pass|token|secret|api-key)(?:=|\s+)['"]?)([^\s'"-][^\s'"]*)/gi,
  /(\b[A-Z_]*(?:PASSWORD|PASSWD|PWD|SECRET|TOKEN|AUTH)=['"]?)([^\s'"$][^\s'"]*)/g,
  /(:\/\/[^\s/:@]*:)([^\s@$/][^\s@/]*)(?=@)/g,
];

export function hasSecretArgument(command: string): boolean {
  return secretArguments.some((pattern) => command.search(pattern) !== -1);
}

/** The same text with every such secret replaced. */
export function hideSecretArguments(text: string, hidden: string): string {
  return secretArguments.reduce((safe, pattern) => safe.replace(pattern, `$1${hidden}`), text);
}
