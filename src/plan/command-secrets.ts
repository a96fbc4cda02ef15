/** Passwords and tokens among the arguments of a command: what stands before the secret, then the secret. */
const secretArguments: readonly RegExp[] = [
  /(\b(?:mysql|mysqldump|mysqladmin|mariadb|mariadb-dump|mongodump|mongorestore|mongosh|sshpass)\b[^|;&]*?\s-p\s*['"]?)([^\s'"-][^\s'"]*)/g,
  /(\b(?:openssl\b[^|;&]*?\s-k|zip\b[^|;&]*?\s-P)\s+['"]?)([^\s'"-][^\s'"]*)/g,
  /(\bredis-cli\b[^|;&]*?\s-a\s*['"]?)([^\s'"-][^\s'"]*)/g,
  /(\b(?:curl|wget)\b[^|;&]*?\s(?:-u|--user)[=\s]*['"]?[^\s'":]*:)([^\s'"]+)/g,
  /(\s--?(?:password|passwd|pass|token|secret|api-key)(?:=|\s+)['"]?)([^\s'"-][^\s'"]*)/gi,
  /(\b[A-Z_]*(?:PASSWORD|PASSWD|PWD|SECRET|TOKEN|AUTH)=['"]?)([^\s'"$][^\s'"]*)/g,
  /(:\/\/[^\s/:@]*:)([^\s@$/][^\s@/]*)(?=@)/g,
];

/**
 * Whether one may stand there in its letters, so that the text must not be written anew; rather once too often. The
 * name of a variable is no secret.
 */
export function hasSecretArgument(command: string): boolean {
  return secretArguments.some((pattern) =>
    [...command.matchAll(pattern)].some(([, , secret = '']) => !/^\$(?:\{\w+\}|\w+)$/.test(secret)),
  );
}

/** The same text with every such secret replaced. */
export function hideSecretArguments(text: string, hidden: string): string {
  return secretArguments.reduce((safe, pattern) => safe.replace(pattern, `$1${hidden}`), text);
}
