/** What is looked at all the time, when somebody is told, and through what. */
import * as z from 'zod';
import {
  byteSize,
  commandLine,
  percentage,
  positiveDuration,
  reference,
  references,
  secretOrUrl,
  strict,
  text,
  textOrReference,
} from './field.ts';
import { maybe, must, usually } from './field-facts.ts';

export const channelSchema = strict({
  kind: must(
    z.enum([
      'email',
      'slack',
      'teams',
      'matrix',
      'pagerduty',
      'opsgenie',
      'sms',
      'phone',
      'webhook',
      'status-page',
      'social',
      'ticket',
      'letter',
    ]),
    'What it is.',
    'email',
    { mission: ['M1', 'M3', 'M4', 'N3', 'N4'] },
  ),
  to: maybe(textOrReference(), 'The address, number or room, or a reference to it.', 'ops@example.org'),
  url: maybe(secretOrUrl(), 'The address that is called; often itself a secret.', '${env:SLACK_WEBHOOK}'),
  path: usually(
    z.enum(['primary', 'alternate', 'contingency', 'emergency']),
    'primary',
    'Its place in the order of ways to reach people. Default: primary.',
    'alternate',
  ),
  depends_on: maybe(
    references('system'),
    'Systems without which it does not work: a chat on the same site is silent with it.',
    ['chat'],
  ),
  tested: maybe(text(), 'How it is known to work.', 'a test message each Monday'),
}).meta({ id: 'channel', description: 'A way to reach people.', use: 'planned' });

const condition = strict({
  measure: must(
    z.enum([
      'last-database-backup',
      'last-file-backup',
      'last-proof',
      'replication-lag',
      'log-lag',
      'storage-usage',
    ]),
    'What is measured.',
    'last-database-backup',
    { mission: ['H12'] },
  ),
  as: maybe(
    z.enum(['age', 'time', 'duration', 'share', 'size']),
    'What the measured value is: an age can be compared with a duration, a time cannot. Default: what fits the measure.',
    'age',
  ),
  at_most: maybe(positiveDuration(), 'The most that is well, for ages and durations.', '90 min', {
    mission: ['H12'],
  }),
  share_at_most: maybe(percentage(), 'The most that is well, for shares.', '80%'),
}).meta({ id: 'condition', description: 'A measure, and what of it is well.' });

export const probeSchema = strict({
  kind: must(
    z.enum([
      'http',
      'tcp',
      'sql',
      'dns',
      'sample-file',
      'command',
      'backup-health',
      'replication',
      'file-integrity',
      'security',
      'region',
      'capacity',
      'person',
    ]),
    'What is asked.',
    'http',
    { mission: ['H12', 'J4', 'M6', 'M7', 'M8', 'M10'] },
  ),
  target: maybe(textOrReference(), 'The address, query or file.', 'https://api.example.org/health', {
    mission: ['B26', 'M8'],
  }),
  systems: maybe(references('system'), 'What it is about.', ['api']),
  run: maybe(commandLine(), 'The program that asks; it ends with 0 when all is well.', './scripts/probe.sh'),
  interval: maybe(positiveDuration(), 'How often it asks.', '20 s', { mission: ['M6'] }),
  timeout: maybe(
    positiveDuration(),
    'When no answer counts as a bad one. Default: the interval, at most 10 s.',
    '5 s',
  ),
  failures: usually(z.int().min(1).max(100), 2, 'How many bad answers in a row count. Default: 2.', 2),
  from: maybe(
    references('site'),
    'Where it asks from: two places see the difference between a broken line and a disaster.',
    ['primary', 'witness'],
    {
      mission: ['M7'],
    },
  ),
  healthy: maybe(
    z.array(condition).min(1),
    'For backup-health: what must be true.',
    [{ measure: 'last-database-backup', at_most: '90 min' }],
    { mission: ['H12'] },
  ),
  measures: maybe(
    z
      .array(
        z.enum([
          'last-database-backup',
          'last-file-backup',
          'last-proof',
          'replication-lag',
          'log-lag',
          'storage-usage',
        ]),
      )
      .min(1)
      .meta({ isSet: true }),
    'For backup-health: what is measured.',
    ['last-database-backup', 'replication-lag'],
    { mission: ['E11', 'H12', 'K12'] },
  ),
}).meta({ id: 'probe', description: 'A question that is asked again and again.', use: 'planned' });

export const alertSchema = strict({
  when: must(
    z.enum([
      'backup-failed',
      'backup-size-anomaly',
      'backup-age',
      'restore-test-failed',
      'replication-lag',
      'log-lag',
      'probe-failed',
      'storage-usage',
      'forecast-breach',
      'drill-overdue',
      'review-overdue',
      'capacity',
    ]),
    'What has happened.',
    'backup-age',
    { mission: ['M1', 'M2', 'M3', 'M4', 'M5', 'M6', 'M10'] },
  ),
  systems: maybe(references('system'), 'For which systems. Default: all.', ['orders-db']),
  probes: maybe(references('probe'), 'For probe-failed: which.', ['api-health']),
  above: maybe(
    positiveDuration(),
    'The age or lag from which it is raised. Best left out: it is then computed from the RPO, the schedule and what runs take.',
    '90 min',
    { mission: ['K12', 'M3', 'M5'] },
  ),
  share_above: maybe(percentage(), 'The share from which it is raised.', '80%', { mission: ['M2'] }),
  size_above: maybe(byteSize(), 'The size from which it is raised.', '2 TiB', { mission: ['E11'] }),
  within: maybe(positiveDuration(), 'How soon somebody must know.', '1 min', { mission: ['M6'] }),
  severity: usually(
    z.enum(['page', 'warn', 'note']),
    'warn',
    'Whether somebody is woken. Default: warn.',
    'page',
  ),
  channels: must(
    z.array(reference('channel')).min(1).meta({ isSet: true }),
    'Where it is told.',
    ['ops-mail'],
    {
      mission: ['M1', 'M2', 'M3', 'M4', 'M5'],
    },
  ),
  escalation: maybe(reference('escalation'), 'Who is called when nobody answers.', 'default'),
  runbook: maybe(reference('runbook'), 'What to do then.', 'database-restore'),
}).meta({ id: 'alert', description: 'When somebody is told.', use: 'planned' });

/** What of the recovery itself must work: without it nobody can deploy, log in, or say anything. */
export const recoveryNeedSchema = strict({
  kind: must(
    z.enum([
      'git',
      'dns',
      'secrets',
      'chat',
      'sso',
      'registry',
      'status-page',
      'paging',
      'mail',
      'ci',
      'vault-store',
      'this-tool',
      'other',
    ]),
    'What it is.',
    'git',
    { mission: ['B23', 'B25'] },
  ),
  description: maybe(text(), 'What it is needed for.', 'Deploys come from there.'),
  provider: maybe(text(), 'Who runs it.', 'GitHub'),
  vendor: maybe(reference('vendor'), 'Who is called when it does not work.', 'github'),
  runs_on: maybe(references('system'), 'Systems of this plan that it runs on.', ['api']),
  site: maybe(reference('site'), 'The site that it is lost with.', 'primary'),
  fallback: maybe(
    text(),
    'What is done when it does not work either.',
    'a mirror of the repository in the second vault',
  ),
  needed_by: maybe(references('runbook'), 'Runbooks that cannot do without it. Default: by their steps.', [
    'failover',
  ]),
  checked_by: maybe(reference('probe'), 'What says that it works.', 'git-reachable'),
}).meta({
  id: 'recoveryNeed',
  description: 'Something outside the systems without which no recovery goes on.',
  use: 'planned',
});
