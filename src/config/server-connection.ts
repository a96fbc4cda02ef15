/** From what a plan says about a database server to how it is reached; references and files are read here. */
import { readFile } from 'node:fs/promises';
import { LifeboatError, systemErrorName } from '../error/lifeboat-error.ts';
import type { ConnectionPlan } from '../plan/resolved-plan.ts';
import { absolutePath } from '../platform/absolute-path.ts';
import { resolveSecret } from './resolve-secret.ts';
import type { SettingsPlace } from './resolve-store-settings.ts';

/** What is absent is usual for the engine. */
export interface ServerConnection {
  readonly host?: string;
  readonly port?: number;
  readonly database?: string;
  readonly user?: string;
  readonly password?: string;
  readonly tls: boolean;
  /** PEM. */
  readonly authority?: string;
  readonly certificate?: string;
  readonly key?: string;
  readonly timeoutMs: number;
}

/** Raises SECRET_UNAVAILABLE, and CONFIG_INVALID for a certificate that cannot be read. */
export async function serverConnection(
  plan: ConnectionPlan,
  place: SettingsPlace,
): Promise<ServerConnection> {
  const { host, port, database, user, password, tls, ca, timeout } = plan;
  const found = {
    host: host && (await textOf(host, place)),
    port,
    database: database && (await textOf(database, place)),
    user: user && (await textOf(user, place)),
    password: password && (await secretOf(password, place)),
    authority: await fileOf(ca, place),
    certificate: await fileOf(plan.client_certificate, place),
    key: await fileOf(plan.client_key, place),
  };
  return { ...withoutAbsent(found), tls, timeoutMs: timeout };
}

type Text = NonNullable<ConnectionPlan['host']>;

async function textOf(text: Text, place: SettingsPlace): Promise<string> {
  return text.kind === 'literal' ? text.value : await resolveSecret(text, place);
}

async function secretOf(
  reference: NonNullable<ConnectionPlan['password']>,
  place: SettingsPlace,
): Promise<string> {
  const secret = await resolveSecret(reference, place);
  place.hide(secret);
  return secret;
}

async function fileOf(path: string | undefined, { folder }: SettingsPlace): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const full = absolutePath(path, folder);
  try {
    return await readFile(full, 'utf8');
  } catch (error) {
    const reason = systemErrorName(error) ?? 'unknown error';
    throw new LifeboatError('CONFIG_INVALID', `the file ${full} cannot be read: ${reason}`, {
      hint: 'Check the path in the connection of the plan, and who may read it.',
      cause: error,
    });
  }
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function withoutAbsent<T extends object>(map: T): Present<T>;
function withoutAbsent(map: object): object {
  return Object.fromEntries(Object.entries(map).filter(([, value]) => value !== undefined));
}
