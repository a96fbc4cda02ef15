/** What others demand and what it costs: review, compliance, audits, insurance, budget, readiness. */
import * as z from 'zod';
import {
  amount,
  cadence,
  day,
  name,
  positiveDuration,
  reference,
  references,
  strict,
  text,
  texts,
} from './field.ts';
import { maybe, must, usually } from './field-facts.ts';

export const reviewSchema = strict({
  every: must(cadence(), 'How often the plan is reviewed.', 'quarterly', { mission: ['A7'] }),
  by: maybe(references('responder'), 'Who does it.', ['jane']),
  last: maybe(day(), 'When it was last done.', '2026-10-01', { mission: ['A7'] }),
  after: maybe(
    z
      .array(z.enum(['drill', 'incident', 'recovery', 'infrastructure-change', 'application-change']))
      .min(1)
      .meta({ isSet: true }),
    'What else leads to a review.',
    ['drill', 'incident'],
    { mission: ['A7', 'A8'] },
  ),
}).meta({
  id: 'review',
  examples: [{ every: 'quarterly' }],
  description: 'How the plan is kept true.',
  use: 'planned',
});

export const relatedDocumentSchema = strict({
  title: must(text(), 'Its title.', 'Database management', { mission: ['A6'] }),
  location: must(text(), 'Where it is.', './database-management.md', { mission: ['A6'] }),
  covers: maybe(text(), 'What stands there.', 'daily operation of the databases'),
}).meta({
  id: 'relatedDocument',
  description: 'Another document that belongs to the plan.',
  use: 'information',
});

const control = strict({
  requires: must(text(), 'What is required, in a sentence of your own.', 'Backups are encrypted.', {
    mission: ['Q1', 'Q2', 'Q3', 'Q4'],
  }),
  shown_by: must(
    z
      .array(
        z.enum([
          'encryption',
          'access-control',
          'retention',
          'erasure',
          'restore-tests',
          'drills',
          'audit-log',
          'off-site',
          'immutability',
          'documentation',
          'review',
          'training',
          'notification',
        ]),
      )
      .min(1)
      .meta({ isSet: true }),
    'What in this plan shows that it is so.',
    ['encryption', 'access-control'],
    { mission: ['Q1', 'Q2', 'Q3', 'Q4', 'R11'] },
  ),
}).meta({ id: 'control', description: 'Something that a framework requires, and what shows it.' });

const framework = strict({
  name: maybe(text(), 'How it is called.', 'GDPR'),
  controls: must(z.record(name(), control), 'What it requires, by name.', {
    erasure: { requires: 'Personal data can be erased.', shown_by: ['erasure'] },
  }),
  notify_within: maybe(positiveDuration(), 'How soon an authority must be told of a breach.', '72 h', {
    mission: ['N7'],
  }),
  notified_by: maybe(references('responder'), 'Who owns that clock.', ['privacy-officer']),
}).meta({ id: 'framework', description: 'A law or standard that holds here.' });

const audit = strict({
  what: must(
    z.enum(['completeness', 'restore-tests', 'full-drill', 'access', 'configuration', 'retention']),
    'What is looked at.',
    'restore-tests',
    { mission: ['H10', 'L8', 'Q5'] },
  ),
  every: must(cadence(), 'How often.', 'quarterly', { mission: ['Q5'] }),
  by: maybe(references('responder'), 'Who does it.', ['auditor']),
  drill: maybe(reference('drill'), 'The drill that it looks at.', 'full', { mission: ['L8', 'Q5'] }),
}).meta({ id: 'audit', description: 'A look at whether it is done.' });

const auditLog = strict({
  events: must(
    z
      .array(z.enum(['backups', 'restores', 'access', 'configuration', 'failovers', 'drills', 'deletions']))
      .min(1)
      .meta({ isSet: true }),
    'What is recorded.',
    ['backups', 'restores'],
    { mission: ['G4', 'Q6'] },
  ),
  keep: must(positiveDuration(), 'How long.', '7 years', { mission: ['F9', 'Q7'] }),
  vaults: maybe(references('vault'), 'In which vaults. Default: all.', ['away'], { mission: ['Q7'] }),
  encrypted: usually(z.boolean(), true, 'Whether it is encrypted. Default: true; vaults always are.', true, {
    mission: ['G2', 'Q7'],
  }),
  also_in: maybe(texts(), 'Where else.', ['CloudTrail'], { mission: ['Q7'] }),
}).meta({ id: 'auditLog', description: 'What is recorded about who did what.' });

export const complianceSchema = strict({
  frameworks: maybe(
    z.record(name(), framework),
    'Laws and standards that hold, by name.',
    {
      gdpr: { controls: { erasure: { requires: 'Personal data can be erased.', shown_by: ['erasure'] } } },
    },
    { mission: ['Q1', 'Q2', 'Q3', 'Q4'] },
  ),
  erasure: maybe(
    strict({
      method: must(
        z.enum(['age-out', 'crypto-shredding', 'rewrite']),
        'How it leaves the backups: they age out, its key is destroyed, or they are rewritten.',
        'age-out',
      ),
      within: must(positiveDuration(), 'How soon it is gone from all backups.', '90 days'),
      reapplied: usually(
        z.boolean(),
        false,
        'Whether erasures are done again after a restore. Default: false.',
        true,
      ),
    }).meta({ id: 'erasure', description: 'What happens to backups when somebody must be forgotten.' }),
    'What happens to backups when somebody must be forgotten.',
    { method: 'age-out', within: '90 days', reapplied: true },
    { mission: ['Q1'] },
  ),
  audits: maybe(
    z.record(name(), audit),
    'Audits, by name.',
    { restores: { what: 'restore-tests', every: 'quarterly' } },
    {
      mission: ['H10', 'Q5'],
    },
  ),
  audit_log: maybe(
    auditLog,
    'What is recorded about who did what.',
    { events: ['backups'], keep: '7 years' },
    {
      mission: ['Q6', 'Q7'],
    },
  ),
}).meta({
  id: 'compliance',
  examples: [{ audit_log: { events: ['backups', 'restores'], keep: '7 years' } }],
  description: 'What others demand.',
  use: 'planned',
});

export const insuranceSchema = strict({
  insurer: must(text(), 'Who insures.', 'Example Insurance', { mission: ['R13'] }),
  policy: must(text(), 'The number of the policy.', 'P-2026-4711', { mission: ['R13'] }),
  covers: must(texts(), 'What is covered.', ['ransomware'], { mission: ['R13'] }),
  valid_until: must(day(), 'Until when.', '2027-06-30', { mission: ['R13'] }),
  verified: maybe(day(), 'When somebody last made sure.', '2026-09-01', { mission: ['R13'] }),
  contact: maybe(reference('responder'), 'Who is told first.', 'insurer-hotline'),
}).meta({ id: 'insurance', description: 'An insurance that pays for a disaster.', use: 'information' });

export const budgetSchema = strict({
  currency: must(z.string().regex(/^[A-Z]{3}$/), 'The currency, three letters.', 'EUR', { mission: ['S1'] }),
  lines: must(
    z.record(
      name(),
      strict({
        monthly: must(amount(), 'How much a month.', 50, { mission: ['S1'] }),
        for: maybe(
          z
            .array(z.enum(['backup', 'storage', 'replication', 'monitoring', 'failover', 'drills', 'other']))
            .min(1)
            .meta({ isSet: true }),
          'What it pays for.',
          ['storage'],
        ),
        description: maybe(text(), 'What it is.', 'S3 storage'),
      }).meta({ id: 'budgetLine', description: 'What one thing costs.' }),
    ),
    'What is paid for, by name.',
    { storage: { monthly: 100 } },
    { mission: ['S1'] },
  ),
  monthly: maybe(amount(), 'What all lines make together a month; checked.', 500, { mission: ['S1'] }),
  annual: maybe(amount(), 'What all lines make together a year; checked.', 6000, { mission: ['S1'] }),
  approved_by: maybe(references('responder'), 'Who has allowed it.', ['management'], { mission: ['R14'] }),
}).meta({
  id: 'budget',
  examples: [{ currency: 'EUR', lines: { storage: { monthly: 100 } } }],
  description: 'What it may cost.',
  use: 'planned',
});

/** What a readiness checklist may ask; each is computed from the plan and never ticked. */
export const readinessItems = [
  'database-backups',
  'file-backups',
  'configuration-backups',
  'multi-region',
  'failover-documented',
  'verification-automated',
  'drills-scheduled',
  'alerts-configured',
  'runbooks-written',
  'contacts-current',
  'compliance-met',
  'team-trained',
  'insurance-verified',
  'budget-allocated',
  'tests-scheduled',
] as const;

export const readinessSchema = strict({
  items: must(
    z.array(z.enum(readinessItems)).min(1).meta({ isSet: true }),
    'What must be so before the plan counts as ready; each is computed, none is ticked.',
    ['database-backups', 'drills-scheduled'],
    {
      mission: [
        'R1',
        'R2',
        'R3',
        'R4',
        'R5',
        'R6',
        'R7',
        'R8',
        'R9',
        'R10',
        'R11',
        'R12',
        'R13',
        'R14',
        'R15',
      ],
    },
  ),
  claimed: maybe(
    z.boolean(),
    'Whether the plan says of itself that it is ready; held against what is computed.',
    true,
    { mission: ['A10'] },
  ),
}).meta({
  id: 'readiness',
  examples: [{ items: ['database-backups'] }],
  description: 'What must be so before the plan counts as ready.',
  use: 'planned',
});
