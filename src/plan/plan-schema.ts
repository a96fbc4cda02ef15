/**
 * The language of `lifeboat.yaml`, version 1. The schema is the one source of the types, of the published JSON
 * Schema and of the reference; every field says here what it means.
 */
import * as z from 'zod';
import { name, positiveDuration, secretOrUrl, strict, text } from './schema/field.ts';
import { maybe } from './schema/field-facts.ts';
import {
  budgetSchema,
  complianceSchema,
  insuranceSchema,
  readinessSchema,
  relatedDocumentSchema,
  reviewSchema,
} from './schema/governance-schema.ts';
import { metadataSchema } from './schema/metadata-schema.ts';
import {
  communicationSchema,
  contactSchema,
  escalationSchema,
  recordsSchema,
  rotaSchema,
  teamSchema,
  trainingSchema,
  vendorSchema,
} from './schema/people-schema.ts';
import { drillSchema, runbookSchema, scenarioSchema } from './schema/runbook-schema.ts';
import { destinationSchema, failoverSchema, siteSchema } from './schema/site-schema.ts';
import { dataClassSchema, objectivesSchema, systemSchema, tierSchema } from './schema/system-schema.ts';
import { vaultSchema } from './schema/vault-schema.ts';
import { alertSchema, channelSchema, probeSchema, recoveryNeedSchema } from './schema/watch-schema.ts';

const composition = {
  include: maybe(
    z.array(text()).min(1),
    'Further files of the plan; relative paths count from the file that names them.',
    ['./contacts.yaml'],
  ),
  variables: maybe(
    z.record(
      name(),
      z.union([z.string(), z.number(), z.boolean()], 'expected a text, a number, true or false'),
    ),
    'Values that stand in many places, used as ${var:name}.',
    { region: 'eu-central-1' },
  ),
  profiles: maybe(
    z.record(name(), z.record(z.string(), z.unknown())),
    'Changes to the plan for an environment, chosen by --profile: maps are merged, other values replaced, null removes.',
    {
      staging: {
        metadata: { id: '2a0c8a52-7f0e-4a39-9a51-0e6a3c6f1d12' },
        variables: { region: 'eu-west-1' },
      },
    },
  ),
};

/** Blocks that other blocks refer to by name. */
const named = {
  sites: maybe(
    z.record(name(), siteSchema),
    'Places that are lost as a whole, by name.',
    {
      primary: { role: 'primary', region: 'us-east-1' },
    },
    { mission: ['K1'] },
  ),
  destinations: maybe(
    z.record(name(), destinationSchema),
    'Places to restore to, by name.',
    {
      'test-database': { kind: 'postgres', role: 'sandbox' },
    },
    { mission: ['H3'] },
  ),
  failovers: maybe(
    z.record(name(), failoverSchema),
    'Moves of service between sites, by name.',
    {
      'to-west': { from: 'primary', to: 'standby' },
    },
    { mission: ['K10', 'R4'] },
  ),
  recovery_needs: maybe(
    z.record(name(), recoveryNeedSchema),
    'What the recovery itself cannot do without (Git, DNS, secrets, chat, sign-on, registry), by name.',
    { git: { kind: 'git', provider: 'GitHub', fallback: 'a mirror in the second vault' } },
    { mission: ['B23'] },
  ),
  runbooks: maybe(
    z.record(name(), runbookSchema),
    'Ordered work, by name.',
    {
      'database-restore': { steps: [{ do: 'restore', systems: ['orders-db'] }] },
    },
    { mission: ['A9', 'I1', 'R9'] },
  ),
  scenarios: maybe(
    z.record(name(), scenarioSchema),
    'Disasters and the answers to them, by name.',
    {
      'region-loss': { kind: 'site-loss', strikes: { sites: ['primary'] } },
    },
    { mission: ['A9'] },
  ),
  drills: maybe(
    z.record(name(), drillSchema),
    'Rehearsals, by name.',
    {
      'database-restore': { kind: 'restore', every: 'monthly', systems: ['orders-db'] },
    },
    { mission: ['L1', 'R7'] },
  ),
  probes: maybe(
    z.record(name(), probeSchema),
    'Questions that are asked again and again, by name.',
    {
      'api-health': { kind: 'http', target: 'https://api.example.org/health', interval: '20 s' },
    },
    { mission: ['M6', 'M10'] },
  ),
  channels: maybe(
    z.record(name(), channelSchema),
    'Ways to reach people, by name.',
    {
      'ops-mail': { kind: 'email', to: 'ops@example.org' },
    },
    { mission: ['M1'] },
  ),
  alerts: maybe(
    z.record(name(), alertSchema),
    'When somebody is told, by name.',
    {
      'backup-failed': { when: 'backup-failed', channels: ['ops-mail'] },
    },
    { mission: ['M1', 'R8'] },
  ),
  contacts: maybe(
    z.record(name(), contactSchema),
    'People who can be reached, by name.',
    {
      jane: { name: 'Jane Doe', phone: '+49 30 1234567' },
    },
    { mission: ['O2', 'R10'] },
  ),
  teams: maybe(
    z.record(name(), teamSchema),
    'People who act together, by name.',
    {
      'response-team': { members: ['jane', 'john'] },
    },
    { mission: ['N2', 'O1'] },
  ),
  rotas: maybe(
    z.record(name(), rotaSchema),
    'People who take turns, by name.',
    {
      'on-call': { members: ['jane', 'john'], turn: 'weekly' },
    },
    { mission: ['O3'] },
  ),
  escalations: maybe(
    z.record(name(), escalationSchema),
    'Who is called in which order, by name.',
    {
      default: { levels: [{ who: ['on-call'], timeout: '10 min' }] },
    },
    { mission: ['O5', 'O6'] },
  ),
  vendors: maybe(
    z.record(name(), vendorSchema),
    'Companies outside that a recovery may need, by name.',
    {
      hoster: { service: 'hosting', phone: '+49 800 1234567' },
    },
    { mission: ['O2'] },
  ),
};

const governance = {
  communication: communicationSchema.exactOptional(),
  records: recordsSchema.exactOptional(),
  compliance: complianceSchema.exactOptional(),
  insurance: maybe(
    z.record(name(), insuranceSchema),
    'Insurances that pay for a disaster, by name.',
    {
      cyber: {
        insurer: 'Example Insurance',
        policy: 'P-4711',
        covers: ['ransomware'],
        valid_until: '2027-06-30',
      },
    },
    { mission: ['R13'] },
  ),
  budget: budgetSchema.exactOptional(),
  training: maybe(
    z.record(name(), trainingSchema),
    'What people must have learnt, by name.',
    {
      restore: { who: ['response-team'], topic: 'restoring the database', every: 'annually' },
    },
    { mission: ['R12'] },
  ),
  readiness: readinessSchema.exactOptional(),
  review: reviewSchema.exactOptional(),
  related_documents: maybe(
    z.array(relatedDocumentSchema).min(1),
    'Other documents that belong to the plan.',
    [{ title: 'Database management', location: './database-management.md' }],
    { mission: ['A6'] },
  ),
};

/** The whole file. */
export const planSchema = strict({
  version: z.literal(1).meta({ description: 'The version of the language; always 1.', examples: [1] }),
  ...composition,
  metadata: metadataSchema,
  vaults: z.record(name(), vaultSchema).meta({
    description: 'Where recovery points are kept, by name.',
    examples: [{ here: { location: '/mnt/backup/shop' } }],
    mission: ['E3'],
  }),
  objectives: objectivesSchema.exactOptional(),
  tiers: z
    .record(name(), tierSchema)
    .exactOptional()
    .meta({
      description: 'Your tiers of importance, by name.',
      examples: [{ critical: { rto: '1 h' } }],
      mission: ['B27', 'B28', 'B29'],
    }),
  data_classes: z
    .record(name(), dataClassSchema)
    .exactOptional()
    .meta({
      description: 'Your kinds of data, by name.',
      examples: [{ transactions: { rpo: '5 min' } }],
      mission: ['B30', 'B31', 'B32'],
    }),
  systems: z.record(name(), systemSchema).meta({
    description: 'What must survive, by name.',
    examples: [{ 'orders-db': { source: { kind: 'sqlite', path: './orders.db' }, schedule: 'hourly' } }],
  }),
  ...named,
  ...governance,
  on_failure: strict({
    command: text().meta({
      description: 'Run by sh -c when a scheduled run fails; what failed is in its environment.',
      examples: ['mail -s "backup failed" ops@example.org'],
      isCommand: true,
    }),
    timeout: positiveDuration()
      .prefault('1 min')
      .meta({ description: 'When it is stopped. Default: 1 min.', examples: ['1 min'] }),
  })
    .exactOptional()
    .meta({
      description: 'What `lifeboat up` does when a run fails.',
      examples: [{ command: 'mail -s "backup failed" ops@example.org' }],
    }),
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
