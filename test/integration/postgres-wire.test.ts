/** Our client against real servers: every way to log in, what it refuses, what it raises, and how it ends. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import test, { after, before } from 'node:test';
import tls from 'node:tls';
import type { ErrorCode } from '../../src/error/codes.ts';
import { LifeboatError } from '../../src/error/lifeboat-error.ts';
import { monotonicMs } from '../../src/platform/clock.ts';
import { sleep } from '../../src/platform/timers.ts';
import type { PostgresAddress } from '../../src/source/postgres/wire/address.ts';
import { connectPostgres, type PostgresConnection } from '../../src/source/postgres/wire/connection.ts';
import { oneValue } from '../../src/source/postgres/wire/read-rows.ts';
import { quoteName, quoteText } from '../../src/source/postgres/wire/sql-text.ts';
import { type PostgresServer, postgresVersions, startPostgres } from '../support/postgres-server.ts';

const secret = 'pa ss,wörd=\u00a0';
const hba = [
  'host all trusted 127.0.0.1/32 trust',
  'hostssl all scrambled 127.0.0.1/32 scram-sha-256',
  'hostnossl all plainly 127.0.0.1/32 scram-sha-256',
  'host all old 127.0.0.1/32 md5',
  'host all clear 127.0.0.1/32 password',
  'hostssl all certified 127.0.0.1/32 cert',
  'local all trusted trust',
];
const roles = `
  create role trusted login;
  set password_encryption = 'scram-sha-256';
  create role scrambled login password ${quoteText(secret)};
  create role plainly login password ${quoteText(secret)};
  create role clear login password ${quoteText(secret)};
  create role certified login;
  create role stranger login;
  set password_encryption = 'md5';
  create role old login password ${quoteText(secret)}`;

for (const version of postgresVersions) {
  let server: PostgresServer;
  before(async () => {
    server = await startPostgres({ version, tls: true, hba });
    await server.query(roles);
  });
  after(async () => await server[Symbol.asyncDispose]());

  const at = (more: Partial<PostgresAddress> = {}): PostgresAddress => ({
    ...{ host: '127.0.0.1', port: server.port, database: 'postgres', user: 'trusted' },
    ...{ password: secret, tls: true, timeoutMs: 10_000, ...more },
  });
  const whoIs = async (address: PostgresAddress) => {
    await using connection = await connectPostgres(address, { applicationName: 'a test' });
    const { rows } = await connection.query(
      'select current_user, ssl, application_name from pg_stat_ssl join pg_stat_activity using (pid) where pid = pg_backend_pid()',
    );
    assert.equal(connection.version.major, version);
    assert.equal(connection.isEncrypted, rows[0]?.[1] === 't');
    return rows[0];
  };
  const refused = async (address: PostgresAddress, code: ErrorCode, hint: RegExp): Promise<LifeboatError> => {
    const error: unknown = await connectPostgres(address, { applicationName: 'a test' }).then(
      () => undefined,
      (raised: unknown) => raised,
    );
    assert.ok(error instanceof LifeboatError, 'it is refused');
    assert.equal(error.code, code, error.message);
    assert.match(error.hint ?? '', hint);
    assert.doesNotMatch(JSON.stringify([error.message, error.hint, error.details]), /wörd/);
    return error;
  };
  const authority = () => readFileSync(server.tls.authority, 'utf8');

  test(`PostgreSQL ${version}: every way to log in`, async () => {
    assert.deepEqual(await whoIs(at()), ['trusted', 't', 'a test']);
    assert.deepEqual(await whoIs(at({ tls: false })), ['trusted', 'f', 'a test']);
    assert.deepEqual(await whoIs(at({ host: server.socket })), ['trusted', 'f', 'a test']);
    assert.deepEqual(await whoIs(at({ user: 'scrambled' })), ['scrambled', 't', 'a test']);
    assert.deepEqual(await whoIs(at({ user: 'plainly', tls: false })), ['plainly', 'f', 'a test']);
    assert.deepEqual(await whoIs(at({ user: 'old' })), ['old', 't', 'a test']);
    assert.deepEqual(await whoIs(at({ user: 'clear' })), ['clear', 't', 'a test']);
    const certificate = readFileSync(server.tls.clientCertificate, 'utf8');
    const key = readFileSync(server.tls.clientKey, 'utf8');
    assert.deepEqual(await whoIs(at({ user: 'certified', certificate, key })), ['certified', 't', 'a test']);
  });

  test(`PostgreSQL ${version}: the certificate is checked where an authority is named, and the name with it`, async () => {
    assert.deepEqual((await whoIs(at({ authority: authority() })))?.[1], 't');
    assert.deepEqual((await whoIs(at({ authority: authority(), host: 'localhost' })))?.[1], 't');
    const other = readFileSync(server.tls.otherAuthority, 'utf8');
    await refused(at({ authority: other }), 'SOURCE_DENIED', /under ca in the plan/);
    await using relay = await relayTo(server.port, '127.0.0.2');
    await refused(
      at({ authority: authority(), host: '127.0.0.2', port: relay.port }),
      'SOURCE_DENIED',
      /names this host/,
    );
  });

  test(`PostgreSQL ${version}: somebody in the middle gets no session by SCRAM, even when the certificate is not checked`, async () => {
    await using middle = await manInTheMiddle(server);
    assert.deepEqual((await whoIs(at({ port: middle.port })))?.[0], 'trusted', 'the middle works by itself');
    await refused(at({ port: middle.port, user: 'scrambled' }), 'SOURCE_DENIED', /./);
  });

  test(`PostgreSQL ${version}: a wrong password, no password, and one that would be sent in the clear`, async () => {
    for (const user of ['scrambled', 'old', 'clear']) {
      const error = await refused(at({ user, password: 'wrong' }), 'SOURCE_DENIED', /VALID UNTIL/);
      assert.equal(error.details['sqlstate'], '28P01');
      assert.equal(error.retryable, false);
    }
    await refused(at({ user: 'scrambled', password: '' }), 'SOURCE_DENIED', /where the password/);
    await refused(at({ user: 'clear', tls: false }), 'SOURCE_DENIED', /scram-sha-256 instead of password/);
  });

  test(`PostgreSQL ${version}: who is not admitted is told the line, and it is the right one`, async () => {
    const error = await refused(at({ user: 'stranger' }), 'SOURCE_DENIED', /pg_hba\.conf/);
    assert.ok(error.hint?.endsWith('"hostssl postgres stranger 127.0.0.1/32 scram-sha-256".'), error.hint);
    const plain = await refused(at({ user: 'stranger', tls: false }), 'SOURCE_DENIED', /pg_hba\.conf/);
    assert.ok(plain.hint?.endsWith('"host postgres stranger 127.0.0.1/32 scram-sha-256".'), plain.hint);
    const local = await refused(at({ user: 'stranger', host: server.socket }), 'SOURCE_DENIED', /pg_hba/);
    assert.ok(local.hint?.endsWith('"local postgres stranger scram-sha-256".'), local.hint);
    // 13 would keep it as md5
    const kept = "set password_encryption = 'scram-sha-256'";
    await server.query(`${kept}; alter role stranger password ${quoteText(secret)}`);
    await server.admit([...hba, String(error.hint?.split('"').at(-2))]);
    assert.equal((await whoIs(at({ user: 'stranger' })))?.[0], 'stranger');
  });

  test(`PostgreSQL ${version}: what is not there, or not for this role`, async () => {
    await refused(at({ database: 'nowhere' }), 'SOURCE_MISSING', /database/);
    await refused(at({ port: 1 }), 'SOURCE_UNREACHABLE', /listen_addresses/);
    await refused(at({ host: server.folder }), 'SOURCE_UNREACHABLE', /unix_socket_directories/);
    await refused(at({ host: 'no-such-host.invalid' }), 'SOURCE_UNREACHABLE', /name/);
    await server.admit([...hba, 'host all nobody_there 127.0.0.1/32 trust']);
    await refused(at({ user: 'nobody_there' }), 'SOURCE_DENIED', /CREATE ROLE "nobody_there" LOGIN/);
    await using connection = await connectPostgres(at(), { applicationName: 'a test' });
    const denied = connection.query('select * from pg_authid');
    await assert.rejects(denied, {
      code: 'SOURCE_DENIED',
      details: { severity: 'ERROR', sqlstate: '42501', routine: 'aclcheck_error' },
    });
    const replication = connectPostgres(at(), { applicationName: 'a test', replication: 'physical' });
    await assert.rejects(replication, (raised: unknown) => {
      assert.ok(raised instanceof LifeboatError);
      return /hba|REPLICATION/.test(raised.hint ?? '');
    });
  });

  test(`PostgreSQL ${version}: a statement that fails leaves a connection that works`, async () => {
    await using connection = await connectPostgres(at(), { applicationName: 'a test' });
    await assert.rejects(connection.query('select 1; select nothing; select 2'), {
      code: 'SOURCE_INVALID',
    });
    await assert.rejects(connection.query('select 1/0'), { code: 'SOURCE_INVALID' });
    assert.ok(connection.isOpen());
    const { columns, rows, tag } = await connection.query(
      `select null as nothing, '' as empty, 7 as ${quoteName('a "name"')}, ${quoteText("it's a \\ sign")}`,
    );
    assert.deepEqual(rows, [[null, '', '7', "it's a \\ sign"]]);
    assert.deepEqual(columns.map(({ name }) => name).slice(0, 3), ['nothing', 'empty', 'a "name"']);
    assert.equal(columns[2]?.typeOid, 23);
    assert.equal(tag, 'SELECT 1');
    assert.equal((await connection.query('select * from generate_series(1, 100000)')).rows.length, 100_000);
  });

  test(`PostgreSQL ${version}: copies in both directions, with a slow reader and many bytes`, async () => {
    await using connection = await connectPostgres(at({ user: 'scrambled' }), {
      applicationName: 'a test',
    });
    await connection.query('create temporary table t (a text)');
    await sendRows(connection, 3000);
    const bytes = await countSlowly(connection);
    assert.equal(bytes, 3000 * 1001);
    await assert.rejects(async () => {
      for await (const part of connection.results('copy t from stdin')) {
        if (part.kind === 'copy-in') part.sink.fail('changed our mind');
      }
    }, /changed our mind/);
    assert.equal(await oneValue(connection, 'select count(*) from t'), '3000');
  });

  test(`PostgreSQL ${version}: a signal stops the server too, and a time limit the waiting`, async () => {
    const stopping = new AbortController();
    const connection = await connectPostgres(at(), { applicationName: 'will stop' });
    const query = connection.query('select pg_sleep(600)', stopping.signal);
    const running =
      "select count(*) from pg_stat_activity where application_name = 'will stop' and state = 'active'";
    while ((await server.value(running)) === '0') await sleep(10);
    const startMs = monotonicMs();
    stopping.abort(new Error('enough'));
    await assert.rejects(query, /enough/);
    while ((await server.value(running)) !== '0') await sleep(10);
    assert.ok(monotonicMs() - startMs < 10_000);
    assert.equal(connection.isOpen(), false);
    await connection[Symbol.asyncDispose]();
    await using silent = await silentServer();
    const slow = at({ port: silent.port, timeoutMs: 200 });
    await refused(slow, 'SOURCE_UNREACHABLE', /longer timeout/);
  });

  test(`PostgreSQL ${version}: a killed server is said, and one that starts is tried again`, async () => {
    const connection = await connectPostgres(at(), { applicationName: 'a test' });
    const query = connection.query('select pg_sleep(600)');
    const ended = assert.rejects(query, { code: 'SOURCE_UNREACHABLE', retryable: true });
    await server.stop('immediate');
    await ended;
    await refused(at(), 'SOURCE_UNREACHABLE', /Start the server/);
    await connection[Symbol.asyncDispose]();
    await server.start();
    assert.equal((await whoIs(at()))?.[0], 'trusted');
  });
}

/** A thousand bytes each, and their end. */
async function sendRows(connection: PostgresConnection, count: number): Promise<void> {
  for await (const part of connection.results('copy t from stdin')) {
    if (part.kind !== 'copy-in') continue;
    for (let row = 0; row < count; row += 1) {
      await part.sink.write(Buffer.from(`${String(row).padStart(4, '0')}${'x'.repeat(996)}\n`));
    }
    part.sink.end();
  }
}

async function countSlowly(connection: PostgresConnection): Promise<number> {
  let bytes = 0;
  for await (const part of connection.results('copy t to stdout')) {
    if (part.kind !== 'copy-out') continue;
    const { copy } = part;
    for (
      let piece = await copy.receive();
      piece !== undefined;
      piece = copy.poll() ?? (await copy.receive())
    ) {
      if (bytes === 0) await sleep(300);
      bytes += piece.length;
    }
  }
  return bytes;
}

interface Relay extends AsyncDisposable {
  readonly port: number;
}

async function listening(server: net.Server, host = '127.0.0.1'): Promise<Relay> {
  const sockets = new Set<net.Socket>();
  server.on('connection', (socket: net.Socket) => sockets.add(socket.on('error', () => undefined)));
  await new Promise<void>((done) => server.listen(0, host, done));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}

async function silentServer(): Promise<Relay> {
  return await listening(net.createServer(() => undefined));
}

async function relayTo(port: number, host: string): Promise<Relay> {
  const relay = net.createServer((socket) => {
    const onward = net.connect(port, '127.0.0.1').on('error', () => undefined);
    socket.pipe(onward).pipe(socket);
  });
  return await listening(relay, host);
}

/** Decrypts, and encrypts anew: what a stranger with another certificate would do. */
async function manInTheMiddle(server: PostgresServer): Promise<Relay> {
  const context = tls.createSecureContext({
    cert: readFileSync(server.tls.clientCertificate),
    key: readFileSync(server.tls.clientKey),
  });
  const middle = net.createServer((socket) => {
    socket.once('data', (request: Buffer) => {
      socket.pause();
      const onward = net.connect(server.port, '127.0.0.1').on('error', () => undefined);
      onward.write(request);
      onward.once('data', () => {
        onward.pause();
        const outer = tls.connect({ socket: onward, rejectUnauthorized: false }).on('error', () => undefined);
        outer.once('secureConnect', () => {
          const inner = new tls.TLSSocket(socket, { isServer: true, secureContext: context });
          inner.on('error', () => undefined);
          inner.pipe(outer).pipe(inner);
          socket.on('close', () => outer.destroy());
        });
        socket.write('S');
      });
    });
  });
  return await listening(middle);
}
