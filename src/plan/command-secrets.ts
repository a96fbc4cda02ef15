/** Passwords and tokens among the arguments of a command: what stands before the secret, then the secret. */
const secretArguments: readonly RegExp[] = [
  /(\b(?:mysql|mysqldump|mysqladmin|mariadb|mariadb-dump|mongodump|mongorestore|mongosh|sshpass)\b[^|;&]*?\s-p\s*['"]?)([^\s'"-][^\s'"]*)/g,
  /(\bredis-cli\b[^|;&]*?\s-a\s*['"]?)([^\s'"-][^\s'"]*)/g,
  /(\b(?:curl|wget)\b[^|;&]*?\s(?:-u|--user)[=\s]*['"]?[^\s'":]*:)([^\s'"]+)/g,
  /(\s--?(?:password|passwd|pass|token|secret|api-key)(?:=|\s+)['"]?)([^\s'"-][^\s'"]*)/gi,
  /(\b[A-Z_]*(?:PASSWORD|PASSWD|PWD|SECRET|TOKEN|AUTH)=['"]?)([^\s'"$][^\s'"]*)/g,
  /(:\/\/[^\s/:@]*:)([^\s@$/][^\s@/]*)(?=@)/g,
];

/** Whether there may be one; rather once too often, for what it answers is hidden and never written anew. */
export function hasSecretArgument(command: string): boolean {
  return secretArguments.some((pattern) => command.search(pattern) !== -1);
}

/** The same text with every such secret replaced. */
export function hideSecretArguments(text: string, hidden: string): string {
  return secretArguments.reduce((safe, pattern) => safe.replace(pattern, `$1${hidden}`), text);
}
