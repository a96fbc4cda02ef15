/** Turns what a server says into an error that a person can act on. Source: PostgreSQL documentation, appendix A. */
import type { ErrorCode } from '../../../error/codes.ts';
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import { fieldsOf } from './field-reader.ts';

/** The fields of an error or a notice. */
export interface ServerMessage {
  /** ERROR, FATAL, WARNING, NOTICE …; never translated. */
  readonly severity: string;
  /** Five characters, such as `28P01`. */
  readonly sqlstate: string;
  /** In the language of the server. */
  readonly message: string;
  readonly detail?: string;
  readonly hint?: string;
  /** The function of the server that raised it; tells apart what shares a code, in any language. */
  readonly routine?: string;
}

/** Who asked, and from where: what a line of pg_hba.conf would have to say. */
export interface Asker {
  readonly user: string;
  readonly database: string;
  readonly isReplication: boolean;
  readonly isEncrypted: boolean;
  /** Absent over a unix socket. */
  readonly localAddress?: string | undefined;
}

export function parseServerMessage(body: Buffer): ServerMessage {
  const fields = fieldsOf(body);
  const found = new Map<string, string>();
  while (fields.left() > 1) found.set(String.fromCharCode(fields.byte()), fields.text());
  const optional = (name: 'detail' | 'hint' | 'routine', letter: string) => {
    const value = found.get(letter);
    return value === undefined ? {} : { [name]: value };
  };
  return {
    severity: found.get('V') ?? found.get('S') ?? 'ERROR',
    sqlstate: found.get('C') ?? 'XX000',
    message: found.get('M') ?? 'no message',
    ...optional('detail', 'D'),
    ...optional('hint', 'H'),
    ...optional('routine', 'R'),
  };
}

interface Meaning {
  readonly code: ErrorCode;
  readonly hint: string;
  readonly retryable?: boolean;
}

export function serverError(said: ServerMessage, asker: Asker): LifeboatError {
  const { code, hint, retryable = false } = meaningOf(said, asker);
  const what = said.detail === undefined ? said.message : `${said.message} (${said.detail})`;
  return new LifeboatError(code, `the server says: ${what}`, {
    hint: said.hint === undefined ? hint : `${hint} The server advises: ${said.hint.replace(/\.?$/, '.')}`,
    retryable,
    details: {
      sqlstate: said.sqlstate,
      severity: said.severity,
      ...(said.routine === undefined ? {} : { routine: said.routine }),
    },
  });
}

function meaningOf(said: ServerMessage, asker: Asker): Meaning {
  if (said.sqlstate === '28000') return notAdmitted(said, asker);
  if (said.sqlstate === '42501') return notPrivileged(said, asker);
  return meanings.get(said.sqlstate) ?? meaningsByClass.get(said.sqlstate.slice(0, 2)) ?? refused;
}

function notAdmitted({ routine }: ServerMessage, asker: Asker): Meaning {
  const role = quoted(asker.user);
  if (routine === 'InitializeSessionUserId') {
    return {
      code: 'SOURCE_DENIED',
      hint: `Let the role exist and log in: run CREATE ROLE ${role} LOGIN REPLICATION; or ALTER ROLE ${role} LOGIN; as a superuser.`,
    };
  }
  return {
    code: 'SOURCE_DENIED',
    hint: `Let this line stand in pg_hba.conf of the server, before others that match, and reload it: "${hbaLine(asker)}".`,
  };
}

/** The line that admits exactly this one. */
export function hbaLine({ user, database, isReplication, isEncrypted, localAddress }: Asker): string {
  const kind = localAddress === undefined ? 'local' : isEncrypted ? 'hostssl' : 'host';
  const address = localAddress?.replace(/^::ffff:(?=\d+\.)/, '').replace(/%.*$/, '');
  const range = address === undefined ? [] : [`${address}/${address.includes(':') ? 128 : 32}`];
  const place = isReplication ? 'replication' : hbaWord(database);
  return [kind, place, hbaWord(user), ...range, 'scram-sha-256'].join(' ');
}

function hbaWord(name: string): string {
  return /^[a-z_][a-z0-9_$-]*$/i.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

function notPrivileged({ routine, message }: ServerMessage, asker: Asker): Meaning {
  const role = quoted(asker.user);
  const isWalSender = routine === 'InitPostgres' || /walsender|replication/i.test(message);
  return {
    code: 'SOURCE_DENIED',
    hint: isWalSender
      ? `Run ALTER ROLE ${role} REPLICATION; as a superuser.`
      : `Give the role the right to it: GRANT pg_read_all_data TO ${role}; for reading tables, GRANT pg_monitor TO ${role}; for figures and settings of the server.`,
  };
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

const refused: Meaning = {
  code: 'SOURCE_INVALID',
  hint: 'Check tables and queries that the plan names against the database, and look into the log of the server.',
};

const meanings: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  [
    '28P01',
    {
      code: 'SOURCE_DENIED',
      hint: 'Check user and password of the connection in the plan; a password may have expired (VALID UNTIL of the role).',
    },
  ],
  ['3D000', { code: 'SOURCE_MISSING', hint: 'Check the database that the connection in the plan names.' }],
  [
    '53300',
    {
      code: 'SOURCE_UNREACHABLE',
      hint: 'Raise max_connections, max_wal_senders or the limit of the role (ALTER ROLE … CONNECTION LIMIT), or end connections that nobody needs.',
      retryable: true,
    },
  ],
  [
    '53400',
    {
      code: 'SOURCE_DENIED',
      hint: 'A limit of the server is reached, such as max_replication_slots: drop a slot that nobody needs (SELECT pg_drop_replication_slot(…);), or raise the limit in postgresql.conf and restart.',
    },
  ],
  ['53100', { code: 'DISK_FULL', hint: 'Free space on the disk of the server.', retryable: true }],
  [
    '55000',
    {
      code: 'SOURCE_INVALID',
      hint: 'The server is not set up for it: look at wal_level (replica or logical), max_wal_senders and max_replication_slots in postgresql.conf.',
    },
  ],
  [
    '55006',
    {
      code: 'SOURCE_LOCKED',
      hint: 'Another connection uses it: see pg_stat_replication, and end the other receiver if it is not wanted.',
      retryable: true,
    },
  ],
  [
    '57014',
    { code: 'SOURCE_UNREACHABLE', hint: 'Somebody cancelled it, or a time limit did.', retryable: true },
  ],
  [
    '57P01',
    {
      code: 'SOURCE_UNREACHABLE',
      hint: 'The server is being stopped; try again when it runs.',
      retryable: true,
    },
  ],
  [
    '57P02',
    {
      code: 'SOURCE_UNREACHABLE',
      hint: 'A process of the server crashed; its log tells why.',
      retryable: true,
    },
  ],
  [
    '57P03',
    {
      code: 'SOURCE_UNREACHABLE',
      hint: 'The server is starting or recovering; try again in a moment.',
      retryable: true,
    },
  ],
  [
    'XX001',
    { code: 'SOURCE_DAMAGED', hint: 'A page of the database is damaged: restore it from a proven point.' },
  ],
  ['XX002', { code: 'SOURCE_DAMAGED', hint: 'An index of the database is damaged: REINDEX it.' }],
]);

const meaningsByClass: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ['08', { code: 'SOURCE_UNREACHABLE', hint: 'Check the way between to the server.', retryable: true }],
  ['28', { code: 'SOURCE_DENIED', hint: 'Check user, password and pg_hba.conf of the server.' }],
  [
    '53',
    {
      code: 'SOURCE_UNREACHABLE',
      hint: 'The server has not enough memory, disk or connections left.',
      retryable: true,
    },
  ],
  [
    '57',
    { code: 'SOURCE_UNREACHABLE', hint: 'Look into the log of the server for the reason.', retryable: true },
  ],
  ['58', { code: 'SOURCE_DAMAGED', hint: 'The server cannot read a file of its own: look into its log.' }],
  ['XX', { code: 'SOURCE_INVALID', hint: 'Look into the log of the server for the reason.' }],
]);
