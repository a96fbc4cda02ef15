/**
 * The content of a lock object, as restic writes it, with three fields of ours that stock restic ignores:
 * they prove that the owner is dead. Source: restic `internal/repository/lock_file.go`.
 */
export interface LockFile {
  /** RFC 3339 of the last refresh. */
  readonly time: string;
  readonly exclusive: boolean;
  readonly hostname: string;
  readonly username: string;
  readonly pid: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly boot_id?: string;
  readonly pid_namespace?: string;
  /** When the process started, in the kernel's ticks since boot: tells a reused process id. */
  readonly pid_start?: string;
}

export function encodeLockFile(lock: LockFile): Buffer {
  return Buffer.from(JSON.stringify(lock));
}

/** `undefined` for what is not a lock. */
export function decodeLockFile(json: unknown): LockFile | undefined {
  if (typeof json !== 'object' || json === null) return undefined;
  const fields = json as Record<string, unknown>;
  if (typeof fields['time'] !== 'string' || Number.isNaN(Date.parse(fields['time']))) return undefined;
  return {
    time: fields['time'],
    exclusive: fields['exclusive'] === true,
    hostname: text(fields['hostname']),
    username: text(fields['username']),
    pid: typeof fields['pid'] === 'number' ? fields['pid'] : 0,
    ...optionalText(fields, 'boot_id'),
    ...optionalText(fields, 'pid_namespace'),
    ...optionalText(fields, 'pid_start'),
  };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function optionalText<K extends string>(
  fields: Record<string, unknown>,
  name: K,
): { readonly [P in K]?: string } {
  const value = fields[name];
  return typeof value === 'string' ? ({ [name]: value } as { readonly [P in K]: string }) : {};
}
