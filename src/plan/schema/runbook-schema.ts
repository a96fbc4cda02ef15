/** Ordered work, the disasters it answers to, and its rehearsals. */
import * as z from 'zod';
import { scheduleSchema } from './backup-schema.ts';
import {
  cadence,
  commandLine,
  duration,
  positiveDuration,
  reference,
  references,
  strict,
  text,
  texts,
} from './field.ts';
import { maybe, must, usually } from './field-facts.ts';
import { phasesSchema } from './phases-schema.ts';
import { stepSchema } from './step-schema.ts';

const steps = () => z.array(stepSchema);

export const runbookSchema = strict({
  title: maybe(text(), 'How people call it.', 'Restore the database'),
  purpose: maybe(text(), 'When it is used.', 'The database is damaged or gone.'),
  systems: maybe(references('system'), 'What it brings back.', ['orders-db']),
  prerequisites: maybe(texts(), 'What must be there before it begins.', ['Access to the vault'], {
    mission: ['I16', 'I17'],
  }),
  contacts: maybe(references('responder'), 'Who is asked when it does not go on.', ['database-admin'], {
    mission: ['I16', 'O7'],
  }),
  steps: must(steps().min(1), 'What is done, in order.', [{ do: 'stop', systems: ['api'] }], {
    mission: ['I1', 'I2', 'I3', 'I10', 'I16', 'I17', 'I18'],
  }),
  verification: maybe(
    steps().min(1),
    'How it is seen that it worked.',
    [{ do: 'check', systems: ['orders-db'] }],
    {
      mission: ['I16', 'I17'],
    },
  ),
  rollback: maybe(
    steps().min(1),
    'How it is taken back when it did not.',
    [{ do: 'manual', instructions: 'Put the safety copy back.' }],
    {
      mission: ['I16'],
    },
  ),
  afterwards: maybe(steps().min(1), 'What is done when it is over.', [{ do: 'review', within: '5 days' }], {
    mission: ['I19', 'P4'],
  }),
  must_have: maybe(
    z
      .array(
        z.enum([
          'prerequisites',
          'steps',
          'verification',
          'rollback',
          'contacts',
          'dns-changes',
          'promotion',
          'restart',
          'detection',
          'containment',
          'investigation',
          'recovery',
          'review',
        ]),
      )
      .min(1)
      .meta({ isSet: true }),
    'Parts that it has to have, where a form of your own demands them.',
    ['prerequisites', 'rollback'],
    { use: 'information', mission: ['I16', 'I17', 'I18', 'O7'] },
  ),
  tested: maybe(cadence(), 'How often it is rehearsed.', 'quarterly'),
}).meta({ id: 'runbook', description: 'Ordered work as data.', use: 'planned' });

const scenarioObjectives = strict({
  rpo: maybe(duration(), 'How much may be lost in this disaster.', '1 h', {
    mission: ['C16', 'C17', 'C18', 'C19'],
  }),
  rto: maybe(positiveDuration(), 'How fast it must be back after this disaster.', '4 h', {
    mission: ['C16', 'C17', 'C18', 'C19'],
  }),
  override: maybe(
    text(),
    "Why these differ from the systems' own objectives. Without it a difference is an error, because nobody would know which one holds.",
    'After ransomware the newest points are not trusted.',
  ),
}).meta({
  id: 'scenarioObjectives',
  description: "Objectives in this disaster, instead of the systems' own.",
  mission: ['C21'],
});

export const scenarioSchema = strict({
  description: maybe(text(), 'What happens.', 'The region is gone.'),
  kind: must(
    z.enum([
      'data-corruption',
      'site-loss',
      'security-breach',
      'ransomware',
      'total-loss',
      'service-failure',
      'infrastructure-failure',
      'other',
    ]),
    'What sort of disaster it is.',
    'site-loss',
    { mission: ['A9', 'J1', 'J2', 'J3', 'J4', 'J5', 'J6', 'J7'] },
  ),
  strikes: maybe(
    strict({
      systems: maybe(references('system'), 'Systems that are lost or damaged.', ['orders-db']),
      sites: maybe(references('site'), 'Sites that are gone, with all that is there.', ['primary']),
      vaults: maybe(references('vault'), 'Vaults that are gone.', ['here']),
    }).meta({ id: 'strikes', description: 'What is lost.' }),
    'What is lost. Default: every system, and the primary site for the loss of a site.',
    { sites: ['primary'] },
  ),
  detection: maybe(
    strict({
      by: maybe(references('probe'), 'What notices it.', ['api-health'], { mission: ['M6', 'M7'] }),
      words: maybe(text(), 'How it is noticed, where no probe does it.', 'Customers call.', {
        mission: ['J1', 'J2', 'J3', 'J4', 'J6'],
      }),
      within: maybe(positiveDuration(), 'How soon it must be noticed.', '1 min', { mission: ['M6'] }),
    }).meta({ id: 'detection', description: 'How it is noticed.' }),
    'How it is noticed.',
    { by: ['api-health'] },
  ),
  response: usually(
    z.enum(['restore', 'fail-over', 'rebuild', 'restart', 'isolate-and-restore']),
    'restore',
    'What is done in a word. Default: restore.',
    'fail-over',
    { mission: ['J1', 'J2', 'J3', 'J4'] },
  ),
  runbooks: maybe(z.array(reference('runbook')).min(1), 'What is done, in this order.', ['failover'], {
    mission: ['J5', 'J6', 'J7'],
  }),
  failover: maybe(reference('failover'), 'The failover that answers it.', 'to-west', { mission: ['J2'] }),
  recovery_point: usually(
    z.enum(['newest', 'newest-proven', 'newest-clean', 'before-incident']),
    'newest-proven',
    'Which point is returned to. Default: newest-proven.',
    'newest-clean',
    { mission: ['G5', 'J4'] },
  ),
  unnoticed_for: maybe(
    positiveDuration(),
    'How long damage may go unnoticed: points that are younger may be damaged too.',
    '12 h',
  ),
  objectives: maybe(scenarioObjectives, "Objectives in this disaster, instead of the systems' own.", {
    rto: '15 min',
    override: 'agreed with the business',
  }),
  phases: phasesSchema.exactOptional(),
  declared_by: maybe(references('responder'), 'Who may say that it is one.', ['management']),
  escalation: maybe(reference('escalation'), 'Who is called, in which order.', 'default'),
  communication: usually(
    z.boolean(),
    true,
    'Whether the communication plan is followed. Default: true.',
    true,
  ),
}).meta({ id: 'scenario', description: 'A disaster, and the answer to it.', use: 'planned' });

export const drillSchema = strict({
  description: maybe(text(), 'What is tried.', 'Everything, from the vaults alone'),
  kind: must(
    z.enum([
      'full',
      'restore',
      'failover',
      'service',
      'integrity',
      'recovery-time',
      'consistency',
      'integration',
      'table-top',
      'kit',
    ]),
    'What sort of drill it is.',
    'restore',
    { mission: ['H1', 'K11', 'L2', 'L3', 'L5', 'L7', 'L8'] },
  ),
  every: must(cadence(), 'How often.', 'quarterly', {
    mission: ['H9', 'L1', 'L2', 'L3', 'L4', 'L6', 'L7', 'L8', 'L10', 'Q5'],
  }),
  schedule: maybe(scheduleSchema, 'When exactly, where it is fixed.', 'monthly on the 1st at 04:00', {
    mission: ['L10'],
  }),
  duration: maybe(
    strict({
      at_least: maybe(positiveDuration(), 'The shortest that is planned.', '2 h'),
      at_most: maybe(positiveDuration(), 'When it is ended.', '4 h'),
    }).meta({ id: 'drillDuration', description: 'How long it takes.' }),
    'How long it takes.',
    { at_least: '2 h', at_most: '4 h' },
    { mission: ['L4'] },
  ),
  systems: maybe(references('system'), 'What is tried. Default: every system.', ['orders-db'], {
    mission: ['L4'],
  }),
  scenario: maybe(reference('scenario'), 'The disaster that is played.', 'database-corruption', {
    mission: ['L9', 'J1'],
  }),
  runbooks: maybe(references('runbook'), 'What is rehearsed.', ['database-restore']),
  failover: maybe(reference('failover'), 'The failover that is rehearsed.', 'to-west', {
    mission: ['K11', 'L3'],
  }),
  destination: maybe(reference('destination'), 'Where it takes place.', 'test-database'),
  inject: maybe(commandLine(), 'What makes the disaster, in the sandbox only.', './scripts/corrupt.sh'),
  checklist: maybe(texts(), 'What must be done and seen.', ['Restore the database from a backup'], {
    mission: ['L5'],
  }),
  measures: usually(
    z
      .array(z.enum(['detection', 'rto', 'rpo', 'integrity', 'consistency']))
      .min(1)
      .meta({ isSet: true }),
    ['rto', 'rpo'],
    'What is measured. Default: rto and rpo.',
    ['rto', 'rpo'],
    { mission: ['C21', 'L2'] },
  ),
  led_by: maybe(references('responder'), 'Who leads it.', ['on-call']),
  without: maybe(references('responder'), 'Who may not help, to see whether the others can.', [
    'database-admin',
  ]),
  documented: usually(z.boolean(), true, 'Whether its result is kept as evidence. Default: true.', true, {
    mission: ['L5', 'L6', 'L7', 'P5'],
  }),
  updates_plan: usually(
    z.boolean(),
    true,
    'Whether findings must lead to changes of the plan. Default: true.',
    true,
    {
      mission: ['A8', 'L5', 'L6'],
    },
  ),
}).meta({ id: 'drill', description: 'A rehearsal.', use: 'planned' });
