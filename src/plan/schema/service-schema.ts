/** What a system is when it runs: a service, a name in the DNS, a distribution of a CDN, a release. */
import * as z from 'zod';
import {
  commandLine,
  positiveDuration,
  reference,
  references,
  strict,
  text,
  textOrReference,
  texts,
} from './field.ts';
import { maybe, must, usually } from './field-facts.ts';

export const serviceSchema = strict({
  manager: must(
    z.enum(['systemd', 'kubernetes', 'compose', 'command', 'managed']),
    'What starts and stops it.',
    'systemd',
    { mission: ['B26'] },
  ),
  units: maybe(texts().meta({ isSet: true }), 'Its units, deployments or containers.', ['shop-app.service'], {
    mission: ['B26'],
  }),
  start: maybe(commandLine(), 'How it is started, where the manager cannot be asked.', './scripts/start.sh'),
  stop: maybe(commandLine(), 'How it is stopped, where the manager cannot be asked.', './scripts/stop.sh'),
  health: maybe(references('probe'), 'What says that it works.', ['api-health'], { mission: ['B26', 'M8'] }),
  instances: usually(z.int().min(1), 1, 'How many run. Default: 1.', 2, { mission: ['K10'] }),
}).meta({
  id: 'service',
  examples: [{ manager: 'systemd', units: ['shop-app.service'] }],
  description: 'How a system is started, stopped and asked how it is.',
  use: 'planned',
});

export const highAvailabilitySchema = strict({
  zones: maybe(texts().meta({ isSet: true }), 'The zones it runs in.', ['eu-central-1a', 'eu-central-1b'], {
    mission: ['K10'],
  }),
  load_balancer: maybe(text(), 'What spreads the load.', 'nginx', { mission: ['K10'] }),
  automatic_failover: usually(
    z.boolean(),
    false,
    'Whether it moves by itself inside its site. Default: false.',
    true,
    {
      mission: ['K10'],
    },
  ),
}).meta({
  id: 'highAvailability',
  examples: [{ zones: ['a', 'b'], automatic_failover: true }],
  description: 'How it stands the loss of a part without a recovery.',
  use: 'information',
});

const dnsRecord = strict({
  name: must(text(), 'The name.', 'api.example.org'),
  type: usually(
    z.enum(['A', 'AAAA', 'CNAME', 'ALIAS', 'MX', 'TXT', 'NS', 'SRV']),
    'A',
    'The type. Default: A.',
    'CNAME',
  ),
  ttl: maybe(positiveDuration(), 'How long others may remember it.', '60 s', { mission: ['B25', 'K5'] }),
  routing: usually(
    z.enum(['simple', 'failover', 'weighted', 'latency', 'geographic']),
    'simple',
    'How an answer is chosen. Default: simple.',
    'failover',
    { mission: ['B25', 'K5'] },
  ),
  health: maybe(reference('probe'), 'What takes an answer out.', 'api-health', { mission: ['B25', 'K5'] }),
}).meta({ id: 'dnsRecord', description: 'A record that a recovery may have to change.' });

export const dnsSchema = strict({
  provider: must(text(), 'Who serves the zone.', 'Route 53', { mission: ['B25'] }),
  zone: must(text(), 'The zone.', 'example.org'),
  records: must(z.array(dnsRecord).min(1), 'Its records.', [{ name: 'api.example.org', ttl: '60 s' }]),
}).meta({
  id: 'dns',
  examples: [
    { provider: 'Route 53', zone: 'example.org', records: [{ name: 'api.example.org', ttl: '60 s' }] },
  ],
  description: 'Names that lead people here.',
  use: 'planned',
});

export const cdnSchema = strict({
  provider: must(text(), 'Who runs it.', 'CloudFront', { mission: ['B24'] }),
  distribution: maybe(textOrReference(), 'Its id, or a reference to it.', '${env:DIST_ID}', {
    mission: ['B24', 'G3'],
  }),
  domains: maybe(texts().meta({ isSet: true }), 'The names it answers to.', ['cdn.example.org']),
  origins: maybe(references('system'), 'Systems that it delivers.', ['music']),
  regions: maybe(texts().meta({ isSet: true }), 'Where it delivers from.', ['all'], { mission: ['K4'] }),
  invalidate: maybe(commandLine(), 'How it forgets what it remembers.', './scripts/invalidate.sh', {
    mission: ['I7'],
  }),
}).meta({
  id: 'cdn',
  examples: [{ provider: 'CloudFront', domains: ['cdn.example.org'] }],
  description: 'A content delivery network in front of systems.',
  use: 'planned',
});

export const releaseSchema = strict({
  repository: maybe(reference('system'), 'The system that keeps the code.', 'code', {
    mission: ['I1', 'I9'],
  }),
  recorded: maybe(
    commandLine(),
    'Prints the release and schema version that run; kept with each recovery point, so that a recovery deploys what fits its data.',
    './scripts/version.sh',
  ),
  deploy: maybe(commandLine(), 'How a release is put in place.', './scripts/deploy.sh', { mission: ['I9'] }),
  migrate: maybe(commandLine(), 'How restored data is brought up to the release.', './scripts/migrate.sh', {
    mission: ['I4'],
  }),
}).meta({
  id: 'release',
  examples: [{ repository: 'code', migrate: './scripts/migrate.sh' }],
  description: 'Which code belongs to the data, and how both come together.',
  use: 'planned',
});
