import * as z from 'zod';
import { canarySchema, checkSchema } from './check-schema.ts';
import { duration, name, positiveDuration, strict, text } from './field.ts';
import { sourceSchema } from './source-schema.ts';

const objectiveFields = {
  rpo: duration()
    .exactOptional()
    .meta({
      description: 'How much may be lost, as time: the recovery point objective.',
      examples: ['1 h', '15 min'],
    }),
  rto: positiveDuration()
    .exactOptional()
    .meta({
      description: 'How fast it must be back: the recovery time objective.',
      examples: ['4 h', '30 min'],
    }),
  proof_age: positiveDuration()
    .exactOptional()
    .meta({
      description: 'How old the last proof by a real restore may be. Default: 7 days.',
      examples: ['7 days'],
    }),
};

/** Objectives; the nearest wins: system, then its data classes (the strictest), then its tier, then the plan. */
export const objectivesSchema = strict(objectiveFields).meta({
  id: 'objectives',
  description: 'Objectives. The nearest wins: system, its data classes (the strictest), its tier, the plan.',
  examples: [{ rpo: '1 h', rto: '4 h' }],
});

export const tierSchema = strict({
  description: text()
    .exactOptional()
    .meta({ description: 'What belongs here.', examples: ['Nobody can order without it'] }),
  critical: z.boolean().exactOptional().meta({
    description:
      'Whether stricter rules hold, such as a second vault. Default: true for a tier named critical.',
  }),
  ...objectiveFields,
}).meta({ id: 'tier', description: 'How important a system is, with the objectives that follow from it.' });

export const dataClassSchema = strict({
  description: text()
    .exactOptional()
    .meta({ description: 'What belongs here.', examples: ['Orders and payments'] }),
  ...objectiveFields,
}).meta({ id: 'dataClass', description: 'A kind of data, with the objectives that follow from it.' });

const count = (what: string) =>
  z
    .int()
    .min(0)
    .max(100_000)
    .exactOptional()
    .meta({ description: `Keep ${what}.`, examples: [7] });

export const retentionSchema = strict({
  last: count('the newest so many recovery points'),
  hourly: count('the newest of each of the last so many hours that have one'),
  daily: count('the newest of each of the last so many days that have one'),
  weekly: count('the newest of each of the last so many weeks that have one'),
  monthly: count('the newest of each of the last so many months that have one'),
  yearly: count('the newest of each of the last so many years that have one'),
  within: positiveDuration()
    .exactOptional()
    .meta({ description: 'Keep everything that is younger than this.', examples: ['30 days'] }),
}).meta({
  id: 'retention',
  description: 'Which recovery points are kept; each rule adds. Without this field everything is kept.',
  examples: [{ daily: 7, weekly: 4, monthly: 12 }],
});

const schedule = z
  .union([text(), z.array(text()).min(1)], 'expected a schedule or a list of schedules')
  .meta({
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
  });

/** Something people depend on. */
export const systemSchema = strict({
  description: text()
    .exactOptional()
    .meta({ description: 'What it is.', examples: ['The shop keeps its orders here'] }),
  tier: name()
    .exactOptional()
    .meta({ description: 'How important it is: one of the tiers.', examples: ['critical'] }),
  data_classes: z
    .array(name())
    .exactOptional()
    .meta({
      description: 'Which kinds of data it holds: some of the data classes.',
      examples: [['transactions']],
    }),
  owner: text()
    .exactOptional()
    .meta({ description: "Who answers for it. Default: the plan's owner.", examples: ['Jane Doe'] }),
  depends_on: z
    .array(name())
    .exactOptional()
    .meta({ description: 'Systems that must be back before this one can be.', examples: [['orders-db']] }),
  source: sourceSchema.exactOptional().meta({
    description:
      'How its data is captured. A system without one has no data of its own and only depends on others.',
    examples: [{ kind: 'sqlite', path: './data/orders.db' }],
  }),
  objectives: objectivesSchema.exactOptional(),
  schedule: schedule.exactOptional(),
  retention: retentionSchema.exactOptional(),
  vaults: z
    .array(name())
    .min(1)
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
}).meta({ id: 'system', description: 'Something people depend on.' });
