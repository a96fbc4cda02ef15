import * as z from 'zod';
import {
  backupSchema,
  estimatesSchema,
  logsSchema,
  proofSchema,
  replicationSchema,
  scheduleSchema,
} from './backup-schema.ts';
import { canarySchema, checkSchema } from './check-schema.ts';
import { duration, name, positiveDuration, reference, references, strict, text, texts } from './field.ts';
import { maybe } from './field-facts.ts';
import { retentionSchema } from './retention-schema.ts';
import {
  cdnSchema,
  dnsSchema,
  highAvailabilitySchema,
  releaseSchema,
  serviceSchema,
} from './service-schema.ts';
import { sourceSchema } from './source-schema.ts';

const objectiveFields = {
  rpo: duration()
    .exactOptional()
    .meta({
      description: 'How much may be lost, as time: the recovery point objective.',
      examples: ['1 h', '15 min'],
      mission: ['C1', 'C6', 'C7', 'C8', 'C9', 'C11', 'C13', 'C15'],
    }),
  rto: positiveDuration()
    .exactOptional()
    .meta({
      description: 'How fast it must be back: the recovery time objective.',
      examples: ['4 h', '30 min'],
      mission: ['C1', 'C2', 'C3', 'C4', 'C5', 'C6', 'C7', 'C10', 'C12', 'C14'],
    }),
  proof_age: positiveDuration()
    .exactOptional()
    .meta({
      description: 'How old the last proof by a real restore may be. Default: 7 days.',
      examples: ['7 days'],
      mission: ['H9'],
    }),
  drill_age: maybe(positiveDuration(), 'How long ago the last drill may be.', '92 days', {
    use: 'planned',
    mission: ['L1'],
  }),
  keep_at_least: maybe(
    positiveDuration(),
    'How far back it must be possible to return: retention must not keep less.',
    '30 days',
    { use: 'planned', mission: ['F4', 'F9'] },
  ),
  keep_at_most: maybe(
    positiveDuration(),
    'How long data may be kept at all: retention, versions and immutability must not keep more.',
    '400 days',
    { use: 'planned', mission: ['Q1'] },
  ),
};

/** Objectives; the nearest wins: system, then its data classes (the strictest), then its tier, then the plan. */
export const objectivesSchema = strict(objectiveFields).meta({
  id: 'objectives',
  description: 'Objectives. The nearest wins: system, its data classes (the strictest), its tier, the plan.',
  examples: [{ rpo: '1 h', rto: '4 h' }],
  mission: ['C21'],
});

export const tierSchema = strict({
  description: text()
    .exactOptional()
    .meta({
      description: 'What belongs here.',
      examples: ['Nobody can order without it'],
      mission: ['B27', 'B28', 'B29'],
    }),
  critical: z
    .boolean()
    .exactOptional()
    .meta({
      examples: [true],
      description:
        'Whether stricter rules hold, such as a second vault. Default: true for a tier named critical.',
    }),
  minimum_service: maybe(text(), 'What must work at least while it is not back.', 'orders by telephone', {
    use: 'information',
  }),
  ...objectiveFields,
}).meta({ id: 'tier', description: 'How important a system is, with the objectives that follow from it.' });

export const dataClassSchema = strict({
  description: text()
    .exactOptional()
    .meta({
      description: 'What belongs here.',
      examples: ['Orders and payments'],
      mission: ['B1', 'B30', 'B31', 'B32'],
    }),
  personal: maybe(
    z.boolean(),
    'Whether it is about people, so that it may have to be erased. Default: false.',
    true,
    { use: 'information', mission: ['Q1'] },
  ),
  ...objectiveFields,
}).meta({ id: 'dataClass', description: 'A kind of data, with the objectives that follow from it.' });

/** Something people depend on. */
export const systemSchema = strict({
  description: text()
    .exactOptional()
    .meta({ description: 'What it is.', examples: ['The shop keeps its orders here'] }),
  tier: name()
    .exactOptional()
    .meta({
      description: 'How important it is: one of the tiers.',
      examples: ['critical'],
      refersTo: 'tier',
      mission: ['B27', 'B28', 'B29'],
    }),
  data_classes: references('data class')
    .exactOptional()
    .meta({
      mission: ['B30', 'B31', 'B32'],
      description: 'Which kinds of data it holds: some of the data classes.',
      examples: [['transactions']],
    }),
  owner: text()
    .exactOptional()
    .meta({ description: "Who answers for it. Default: the plan's owner.", examples: ['Jane Doe'] }),
  depends_on: references('system')
    .exactOptional()
    .meta({
      description: 'Systems that must be back before this one can be.',
      examples: [['orders-db']],
      mission: ['I20', 'P2'],
    }),
  source: sourceSchema.exactOptional().meta({
    description:
      'How its data is captured. A system without one has no data of its own and only depends on others.',
    examples: [{ kind: 'sqlite', path: './data/orders.db' }],
  }),
  objectives: objectivesSchema.exactOptional(),
  schedule: scheduleSchema.exactOptional(),
  backups: maybe(
    z.record(name(), backupSchema),
    'Lines of backups by name, where one schedule does not say enough. Either this or schedule.',
    { full: { kind: 'full', schedule: 'daily at 02:00 UTC' } },
    { mission: ['D1', 'D3', 'D5'] },
  ),
  logs: logsSchema.exactOptional(),
  replication: maybe(z.array(replicationSchema).min(1), 'Second running copies of it.', [
    { to: 'standby', kind: 'database' },
  ]),
  retention: retentionSchema.exactOptional(),
  vaults: z
    .array(reference('vault'))
    .min(1)
    .meta({ isSet: true })
    .exactOptional()
    .meta({
      description: 'Where it is backed up to: some of the vaults. Default: all of them.',
      examples: [['here', 'away']],
    }),
  checks: z
    .array(checkSchema)
    .exactOptional()
    .meta({
      description: 'What must be true of the restored data before a recovery point counts as proven.',
      examples: [['integrity', 'foreign_keys']],
    }),
  canary: canarySchema.exactOptional(),
  proof: proofSchema.exactOptional(),
  estimates: estimatesSchema.exactOptional(),
  content: maybe(
    texts().meta({ isSet: true }),
    'What it holds, in your own words; readiness looks for words such as database, files, configuration.',
    ['user profiles', 'billing records'],
    {
      use: 'information',
      mission: ['B1', 'B7', 'B8', 'B9', 'B11', 'B12', 'B13', 'B14', 'B15', 'B16', 'B17', 'B18', 'B19', 'B22'],
    },
  ),
  site: maybe(reference('site'), 'Where it runs. Default: the site whose role is primary.', 'primary', {
    use: 'information',
    mission: ['K1'],
  }),
  service: serviceSchema.exactOptional(),
  dns: dnsSchema.exactOptional(),
  cdn: cdnSchema.exactOptional(),
  release: releaseSchema.exactOptional(),
  high_availability: highAvailabilitySchema.exactOptional(),
  runbook: maybe(reference('runbook'), 'How it is brought back when only it is lost.', 'database-restore', {
    use: 'planned',
    mission: ['I2', 'I6'],
  }),
  needs: maybe(
    references('recovery need'),
    'What its recovery cannot do without, beside other systems.',
    ['git', 'dns-account'],
    { use: 'planned' },
  ),
}).meta({ id: 'system', description: 'Something people depend on.' });
