/** `HOST:PORT` of a server: `127.0.0.1:8000`, `[::1]:8000`, `:8000` for every address, `0` for any free port. */
import { isIP } from 'node:net';
import { LifeboatError } from '../../error/lifeboat-error.ts';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

const portMax = 65_535;

/** Raises USAGE. */
export function parseListen(text: string): ListenAddress {
  const [, bracketed, plain = '', digits = ''] = /^(?:\[([^\]]*)\]|([^:\s]*)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? (plain === '' ? '0.0.0.0' : plain);
  const isHost = bracketed === undefined ? /^[A-Za-z0-9.-]+$/.test(host) : isIP(host) === 6;
  if (digits !== '' && isHost && Number(digits) <= portMax) return { host, port: Number(digits) };
  throw new LifeboatError('USAGE', `${text} is no address to listen on`, {
    hint: 'Give a host and a port, such as 127.0.0.1:8000 or [::1]:8000.',
  });
}

/** Only this machine reaches it. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

export function addressText({ host, port }: ListenAddress): string {
  return `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}
