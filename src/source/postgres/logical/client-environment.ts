/** How PostgreSQL's own programs learn where the server is. A password travels in a private file, never in arguments. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { environmentSnapshot, withoutPasswords } from '../../../platform/environment.ts';
import { isLoopback, type PostgresAddress } from '../wire/address.ts';

export type ClientEnvironment = Readonly<Record<string, string | undefined>>;

/** Writes its files into the folder, which must be private. What this process's environment says of servers is left out. */
export async function clientEnvironment(
  address: PostgresAddress,
  folder: string,
): Promise<ClientEnvironment> {
  const put = (name: string, text: string | undefined) => writePrivate(path.join(folder, name), text);
  const others = Object.keys(environmentSnapshot()).filter((name) => name.startsWith('PG'));
  return {
    ...withoutPasswords,
    ...Object.fromEntries(others.map((name) => [name, undefined])),
    LC_ALL: 'C',
    PGAPPNAME: 'lifeboat',
    PGHOST: address.host,
    PGPORT: String(address.port),
    PGUSER: address.user,
    PGDATABASE: address.database,
    PGCONNECT_TIMEOUT: String(Math.max(2, Math.ceil(address.timeoutMs / 1000))),
    PGGSSENCMODE: 'disable',
    PGSSLMODE: sslMode(address),
    PGPASSFILE: await put('pgpass', passwordLine(address)),
    PGSSLROOTCERT: await put('authority.pem', address.authority),
    PGSSLCERT: await put('certificate.pem', address.certificate),
    PGSSLKEY: await put('key.pem', address.key),
  };
}

function sslMode(address: PostgresAddress): string {
  if (!address.tls) return 'disable';
  if (address.authority !== undefined) return 'verify-full';
  return isLoopback(address) ? 'prefer' : 'require';
}

/** Any place, since the programs connect nowhere else. An empty file keeps them from looking into the home folder. */
function passwordLine({ password }: PostgresAddress): string {
  return password === undefined ? '' : `*:*:*:*:${password.replaceAll(/[\\:]/g, '\\$&')}\n`;
}

async function writePrivate(file: string, text: string | undefined): Promise<string | undefined> {
  if (text === undefined) return undefined;
  await fs.writeFile(file, text, { mode: 0o600 });
  return file;
}
