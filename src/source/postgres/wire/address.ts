/** Where a PostgreSQL server is, and as whom we come. */
export interface PostgresAddress {
  /** A name, an address, or the folder of a unix socket when it begins with a slash. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password?: string;
  /**
   * The connection must be encrypted. Over a unix socket it never is, and to this machine itself only where the server
   * offers it. False: never encrypted.
   */
  readonly tls: boolean;
  /** Certificates in PEM that may sign the server's, whose name is then checked as well. Absent: not checked. */
  readonly authority?: string;
  /** Certificate and key in PEM that we show. */
  readonly certificate?: string;
  readonly key?: string;
  /** How long connecting may take in all, and how long the server may be silent when it must answer. */
  readonly timeoutMs: number;
}

export const usualPort = 5432;
export const usualSocketFolder = '/var/run/postgresql';

export function isUnixSocket({ host }: PostgresAddress): boolean {
  return host.startsWith('/');
}

/** Packets to it never leave the machine. */
export function isLoopback({ host }: PostgresAddress): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** For people; holds no secret. */
export function describeAddress(address: PostgresAddress): string {
  return `${address.host}${isUnixSocket(address) ? '/.s.PGSQL.' : ':'}${address.port}`;
}
