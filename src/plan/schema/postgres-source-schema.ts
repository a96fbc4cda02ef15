/** A PostgreSQL server as a source. */
import * as z from 'zod';
import { connectionSchema } from './connection-schema.ts';
import { captureMethod, managed } from './database-fields.ts';
import { byteRate, positiveDuration, strict, text } from './field.ts';
import { maybe, must, usually } from './field-facts.ts';

export const postgresSource = strict({
  kind: z.literal('postgres').meta({ description: 'A PostgreSQL server.', mission: ['B2'] }),
  connection: must(connectionSchema, 'How the server is reached.', {
    host: '${env:DB_HOST}',
    database: 'shop',
  }),
  standby: maybe(
    connectionSchema,
    'A standby that base backups are read from, to spare the server. The log still comes from the server itself.',
    { host: 'standby.example.org' },
  ),
  cluster: maybe(
    z.string().regex(/^\d{1,20}$/, 'expected the digits that pg_controldata shows as the system identifier'),
    'The system identifier of the cluster, as pg_controldata shows it: a server with another one is refused. Default: the cluster of the last backup. To go on with another cluster, name it here.',
    '7310987654321098765',
  ),
  method: captureMethod('physical'),
  tool: maybe(text(), 'The program that takes the copy, where it matters.', 'pg_dump', {
    use: 'information',
    mission: ['D8'],
  }),
  checkpoint: usually(
    z.enum(['fast', 'spread']),
    'fast',
    'How a physical backup begins: with a checkpoint at once (fast), or spread over minutes to spare the disks. Default: fast.',
    'spread',
  ),
  max_rate: maybe(byteRate(), 'How fast a physical backup may read. Default: no limit.', '50 MB/s'),
  slot: maybe(
    z.string().regex(/^[a-z0-9_]{1,63}$/),
    'The replication slot that keeps the log for us on the server. Default: lifeboat_ and the name of the system.',
    'lifeboat_shop',
  ),
  counts: maybe(
    z.array(text()).min(1).meta({ isSet: true }),
    'Tables whose rows are counted at capture, for comparison after a restore. Default: those that the checks name.',
    ['orders', 'sales.customers'],
  ),
  jobs: usually(z.int().min(1).max(64), 2, 'How many connections a dump reads with. Default: 2.', 2),
  databases: maybe(
    z.union([z.literal('all'), z.array(text()).min(1).meta({ isSet: true })]),
    'Which databases of the server a dump holds. Default: the one of the connection. A physical backup always holds all.',
    ['shop', 'billing'],
  ),
  timeout: usually(
    positiveDuration(),
    '6 h',
    'How long the dump of one database may take. Default: 6 h.',
    '12 h',
  ),
  keeps: usually(
    z.enum(['everything', 'schema']),
    'everything',
    'What a dump holds: everything, or only the schema. A physical backup always holds everything. Default: everything.',
    'schema',
    { mission: ['B16'] },
  ),
  managed,
}).meta({ id: 'postgresSource', description: 'A PostgreSQL server.' });
