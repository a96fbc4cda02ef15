/** How and when one system is captured: lines of backups, logs, replication, and what is expected of their cost. */
import * as z from 'zod';
import {
  byteRate,
  byteSize,
  cadence,
  commandLine,
  name,
  positiveDuration,
  reference,
  references,
  strict,
  text,
} from './field.ts';
import { maybe, must, usually } from './field-facts.ts';
import { retentionSchema } from './retention-schema.ts';

export const scheduleSchema = z
  .union([text(), z.array(text()).min(1)], 'expected a schedule or a list of schedules')
  .meta({
    quantity: 'schedule',
    description:
      "When it is backed up, in words or as a cron expression. Times without a zone are in the plan's time zone.",
    examples: [
      'daily at 02:00 UTC',
      'hourly',
      'every 6h',
      'on deploy',
      '0 2 * * *',
      ['hourly', 'daily at 02:00'],
    ],
    mission: ['D1', 'D2', 'D3', 'D4', 'D15', 'D16', 'D18', 'D19', 'D20', 'D23'],
  });

const artefact = strict({
  name: maybe(
    text(),
    'The name of what is written, with the time in it as strftime has it.',
    'shop-%Y%m%d_%H%M%S.sql.gz',
    { mission: ['D12'] },
  ),
  archive: usually(
    z.enum(['none', 'tar']),
    'none',
    'Whether files are packed into one. Default: none.',
    'tar',
    {
      mission: ['D24'],
    },
  ),
  compression: usually(
    z.enum(['auto', 'off', 'gzip', 'zstd', 'max']),
    'auto',
    'How it is compressed. Default: auto, as the vault does it.',
    'gzip',
    { mission: ['D11'] },
  ),
}).meta({
  id: 'artefact',
  description: 'The file that a backup makes, where something outside Lifeboat makes it.',
});

const after = strict({
  read_back: usually(z.boolean(), true, 'Read what was written and compare. Default: true.', true, {
    mission: ['D13'],
  }),
  remove_local: usually(z.boolean(), true, 'Remove what was written here on the way. Default: true.', true, {
    mission: ['D13'],
  }),
  report: maybe(references('channel'), 'Where the end of each run is told.', ['ops-mail'], {
    mission: ['D13'],
  }),
}).meta({ id: 'afterBackup', description: 'What happens after a backup was written.', use: 'planned' });

/** One line of backups of a system: `full` daily, `incremental` hourly. */
export const backupSchema = strict({
  kind: must(
    z.enum(['full', 'incremental', 'differential', 'snapshot', 'export', 'sync']),
    'What each run takes. Vaults keep equal data once, so a full costs little more than an incremental.',
    'incremental',
    { use: 'information', mission: ['D1', 'D3', 'D5', 'D14'] },
  ),
  schedule: must(scheduleSchema, 'When it runs, in words or as a cron expression.', 'hourly'),
  method: maybe(
    z.enum(['physical', 'logical', 'snapshot']),
    'How this line is taken. Default: as the source says.',
    'logical',
    { use: 'planned' },
  ),
  tool: maybe(text(), 'The program that takes it, where it matters.', 'mysqldump', {
    use: 'planned',
    mission: ['B5', 'D8', 'D10', 'D14'],
  }),
  vaults: maybe(references('vault'), 'Where this line goes. Default: as the system says.', ['here'], {
    use: 'planned',
  }),
  retention: maybe(
    retentionSchema,
    'What is kept of this line. Default: as the system says. Points of lines are not told apart: what any line keeps is kept.',
    { daily: 7 },
    { mission: ['F2'] },
  ),
  alternative_to: maybe(
    name(),
    'Another line of the same system, where only one of the two will run and it is not decided which.',
    'sync',
    { use: 'information', mission: ['D14'] },
  ),
  artefact: maybe(
    artefact,
    'The file that is made, where something outside Lifeboat makes it.',
    {
      compression: 'gzip',
    },
    { use: 'planned' },
  ),
  after: maybe(after, 'What happens after it was written.', { read_back: true }),
}).meta({ id: 'backup', description: 'One line of backups of a system.' });

const whenUnreachable = z.union(
  [
    z.literal('block'),
    strict({
      degrade_after: must(
        positiveDuration(),
        'How long commits wait before they go on without us: from then on something may be lost, which is an alarm.',
        '30 s',
      ),
    }),
  ],
  'expected block, or a map with degrade_after',
);

/** The continuous log of a database: what makes any second between two backups reachable. */
export const logsSchema = strict({
  method: usually(
    z.enum(['archive', 'stream', 'replication']),
    'stream',
    'How the log leaves the server: files when they are full (archive), as it is written (stream), or by a replica (replication), which Lifeboat does not keep. Where it keeps the log, it takes it as it is written in either case. Default: stream.',
    'stream',
    { mission: ['D6'] },
  ),
  max_lag: usually(
    positiveDuration(),
    '5 min',
    'How far what is kept may be behind. Default: 5 min.',
    '1 min',
    {
      mission: ['D6', 'K12'],
    },
  ),
  acknowledged: usually(
    z.enum(['before-commit', 'after-commit']),
    'after-commit',
    'Whether a commit waits until the log is durable in the other place: only before-commit loses nothing. Default: after-commit.',
    'after-commit',
    { mission: ['C8'] },
  ),
  copies: maybe(
    z.int().min(1).max(16),
    'In how many of its vaults a commit must be durable before it returns. Default: in all of them.',
    1,
  ),
  when_unreachable: maybe(
    whenUnreachable,
    'What happens when commits wait and too few vaults can be reached: they go on waiting (block), or wait no longer after a time. Has no usual value: whoever lets commits wait must decide it.',
    'block',
    { mission: ['C8'] },
  ),
  heartbeat: usually(
    positiveDuration(),
    '10 s',
    'How often a sign of life is written into the log, so that a database in which nothing happens is known to be safe. Default: 10 s.',
    '10 s',
    { mission: ['K12'] },
  ),
  point_in_time: usually(z.boolean(), true, 'Whether any moment can be recovered to. Default: true.', true, {
    mission: ['D7'],
  }),
  vaults: maybe(references('vault').min(1), 'Where the log goes. Default: as the system says.', ['here']),
  keep: maybe(
    positiveDuration(),
    'For how long any moment can be recovered to. The backup before that time and its log stay. Default: as long as a backup needs the log.',
    '14 days',
  ),
}).meta({
  id: 'logs',
  description:
    'The continuous log of a database, and how far behind it may be. This version keeps the log of physical PostgreSQL systems.',
  examples: [{ method: 'stream', max_lag: '1 min' }],
});

/** A second running copy. It follows mistakes and ransomware as fast as it follows everything else. */
export const replicationSchema = strict({
  to: must(reference('site'), 'The site that holds the second copy.', 'standby', { mission: ['K2', 'K3'] }),
  kind: must(
    z.enum(['database', 'objects', 'files']),
    'What does it: the database, the object store, or a program that copies files.',
    'database',
    { mission: ['D14', 'E7', 'K2', 'K3'] },
  ),
  mode: usually(
    z.enum(['asynchronous', 'synchronous']),
    'asynchronous',
    'Whether a write waits for the other side. Default: asynchronous.',
    'asynchronous',
    { mission: ['C8', 'K2'] },
  ),
  max_lag: usually(positiveDuration(), '5 min', 'How far behind it may be. Default: 5 min.', '5 min', {
    mission: ['K12'],
  }),
  deletes: usually(
    z.enum(['follow', 'kept']),
    'follow',
    'Whether what is deleted here is deleted there. Default: follow.',
    'kept',
  ),
  tool: maybe(text(), 'What does it, by name.', 'rsync', { mission: ['D14'] }),
  pause: maybe(
    commandLine(),
    'How it is stopped while damaged data must not spread.',
    './scripts/pause-replication.sh',
    { mission: ['I13'] },
  ),
  resume: maybe(commandLine(), 'How it is started again.', './scripts/resume-replication.sh'),
}).meta({ id: 'replication', description: 'A second running copy of a system.', use: 'planned' });

/** What people expect before anything was measured. */
export const estimatesSchema = strict({
  size: maybe(byteSize(), 'How much data there is.', '200 GiB'),
  growth_per_month: maybe(byteSize(), 'How much is added in 30 days.', '5 GiB', { mission: ['M10'] }),
  capture: maybe(positiveDuration(), 'How long a capture takes.', '12 min'),
  copy: maybe(positiveDuration(), 'How long the copy to a second vault takes.', '4 min'),
  restore: maybe(positiveDuration(), 'How long a restore takes.', '40 min'),
  restore_rate: maybe(byteRate(), 'How fast data is restored, where no duration is given.', '80 MB/s'),
  start: maybe(positiveDuration(), 'How long it takes from restored to working.', '3 min'),
}).meta({
  id: 'estimates',
  description:
    'Expected sizes and durations. What was measured counts instead as soon as there is something.',
  use: 'information',
  examples: [{ size: '200 GiB', restore: '40 min' }],
});

/** How a recovery point becomes proven. */
export const proofSchema = strict({
  every: maybe(cadence(), 'How often a point is restored and checked. Default: from proof_age.', 'weekly', {
    mission: ['H1', 'H2', 'H9'],
  }),
  destination: maybe(
    reference('destination'),
    'Where it is restored to. Default: an empty folder on this machine.',
    'test-database',
    { mission: ['H3'] },
  ),
  level: usually(
    z.enum(['listed', 'read', 'restored']),
    'restored',
    'What counts as proof: the file is in a list, its bytes were read, or it was restored and checked. Default: restored.',
    'restored',
    { mission: ['H1', 'H8'] },
  ),
  with: maybe(
    z.array(reference('system')).min(1).meta({ isSet: true }),
    'Systems that are restored together with it, so that they can be checked against each other.',
    ['uploads'],
    {
      mission: ['H11'],
    },
  ),
  record: usually(z.boolean(), true, 'Whether each proof is kept as evidence. Default: true.', true, {
    mission: ['P5'],
  }),
}).meta({
  id: 'proof',
  examples: [{ every: 'weekly', destination: 'test-database' }],
  description: 'How a recovery point becomes proven.',
  use: 'planned',
});
