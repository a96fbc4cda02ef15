/** Variables as text that can be loaded again. */

/**
 * Lines of `NAME='value'`, which a POSIX shell, systemd, Docker Compose and the dotenv libraries read alike. A value
 * that holds a single quote is written in double quotes with the backslashes of a shell; some dotenv libraries keep
 * those backslashes, which is why the exact values are also stored as JSON.
 */
export function dotenvOf(variables: ReadonlyMap<string, string>): string {
  return [...variables].map(([name, value]) => `${name}=${quote(value)}\n`).join('');
}

/** One object, the names as keys. */
export function jsonOf(variables: ReadonlyMap<string, string>): string {
  return `${JSON.stringify(Object.fromEntries(variables), undefined, 2)}\n`;
}

function quote(value: string): string {
  return value.includes("'") ? `"${value.replace(/[\\"$`]/g, '\\$&')}"` : `'${value}'`;
}
