/**
 * The language of `lifeboat.yaml`, version 1. The schema is the one source of the types, of the published JSON
 * Schema and of the reference; every field says here what it means.
 */
import * as z from 'zod';
import { zoneName } from '../schedule/zone-clock.ts';
import { name, positiveDuration, secret, secretOrUrl, strict, text } from './schema/field.ts';
import { dataClassSchema, objectivesSchema, systemSchema, tierSchema } from './schema/system-schema.ts';

const metadataSchema = strict({
  id: z.uuid().meta({
    description: 'A UUID made once by `lifeboat init`; it survives renames, and backups are found by it.',
    examples: ['5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d11'],
  }),
  name: text().meta({ description: 'What the plan is for.', examples: ['Shop'] }),
  organisation: text()
    .exactOptional()
    .meta({ description: 'Whose it is.', examples: ['Example Ltd'] }),
  owner: text().meta({
    description: 'Who answers for the plan and owes what is missing in it.',
    examples: ['Jane Doe'],
  }),
  time_zone: z
    .string()
    .refine(isTimeZone, {
      message: 'not a time zone',
      params: { expected: 'a name such as Europe/Berlin or UTC' },
    })
    .exactOptional()
    .meta({
      description: 'The zone of times that do not name one. Default: UTC.',
      examples: ['Europe/Berlin'],
    }),
}).meta({ id: 'metadata', description: 'What the plan is for and who answers for it.' });

const vaultSchema = strict({
  location: text().meta({
    description: "The folder that holds the vault; a relative one counts from the plan's folder.",
    examples: ['/mnt/backup/shop', './vaults/here'],
  }),
  role: z
    .enum(['primary', 'secondary', 'archive'])
    .exactOptional()
    .meta({
      description: 'What it is for: restores prefer the primary. Default: primary.',
      examples: ['secondary'],
    }),
  password: secret()
    .exactOptional()
    .meta({
      description:
        'Where its password comes from: ${env:NAME}, ${file:path} or ${command:words}. Never the password itself. ' +
        'LIFEBOAT_PASSWORD and its relatives are used when this is absent.',
      examples: ['${file:/etc/lifeboat/keys/here}'],
    }),
  off_site: z
    .boolean()
    .exactOptional()
    .meta({ description: 'Whether it is where the fire is not. Default: false.' }),
}).meta({ id: 'vault', description: 'One place that holds recovery points.' });

/** The whole file. */
export const planSchema = strict({
  version: z.literal(1).meta({ description: 'The version of the language; always 1.', examples: [1] }),
  metadata: metadataSchema,
  vaults: z.record(name(), vaultSchema).meta({ description: 'Where recovery points are kept, by name.' }),
  objectives: objectivesSchema.exactOptional(),
  tiers: z
    .record(name(), tierSchema)
    .exactOptional()
    .meta({ description: 'Your tiers of importance, by name.' }),
  data_classes: z
    .record(name(), dataClassSchema)
    .exactOptional()
    .meta({ description: 'Your kinds of data, by name.' }),
  systems: z.record(name(), systemSchema).meta({ description: 'What must survive, by name.' }),
  on_failure: strict({
    command: text().meta({
      description: 'Run by sh -c when a scheduled run fails; what failed is in its environment.',
      examples: ['mail -s "backup failed" ops@example.org'],
    }),
    timeout: positiveDuration()
      .exactOptional()
      .meta({ description: 'When it is stopped. Default: 1 min.', examples: ['1 min'] }),
  })
    .exactOptional()
    .meta({ description: 'What `lifeboat up` does when a run fails.' }),
  dead_man_url: secretOrUrl()
    .exactOptional()
    .meta({
      description:
        'An address that `lifeboat up` calls after every good pass, so that silence raises the alarm elsewhere. ' +
        'May be a reference to a secret.',
      examples: ['https://hc.example.org/ping/shop', '${env:DEAD_MAN_URL}'],
    }),
}).meta({
  title: 'Lifeboat plan',
  description: 'What must survive a disaster, how much may be lost, and how fast it must be back.',
});

/** A plan as it was written: nothing filled in yet, quantities parsed. See `resolve-plan.ts` for the full one. */
export type Plan = z.output<typeof planSchema>;
export type SystemPlan = Plan['systems'][string];
export type VaultPlan = Plan['vaults'][string];
export type ObjectivesPlan = NonNullable<Plan['objectives']>;

function isTimeZone(value: string): boolean {
  return zoneName(value) !== undefined;
}
