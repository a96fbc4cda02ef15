/** Where things run, where they are restored to, and how service moves from one place to another. */
import * as z from 'zod';
import {
  cadence,
  commandLine,
  positiveDuration,
  reference,
  references,
  secret,
  strict,
  text,
  textOrReference,
  texts,
} from './field.ts';
import { maybe, must, usually } from './field-facts.ts';
import { phasesSchema } from './phases-schema.ts';

export const siteSchema = strict({
  description: maybe(text(), 'What it is.', 'The data centre in Frankfurt'),
  role: must(
    z.enum(['primary', 'standby', 'recovery', 'witness']),
    'What it is for: it serves (primary), it is ready to serve (standby), it is built up when it is needed (recovery), or it only watches (witness).',
    'standby',
    { mission: ['K1', 'K9'] },
  ),
  provider: maybe(text(), 'Who runs it.', 'AWS'),
  region: maybe(text(), 'Its region.', 'us-west-2', { mission: ['K1'] }),
  zones: maybe(texts().meta({ isSet: true }), 'Its zones.', ['us-west-2a', 'us-west-2b'], {
    mission: ['K10'],
  }),
  provision: maybe(commandLine(), 'How it is built up from nothing.', ['tofu', 'apply'], {
    use: 'planned',
    mission: ['I1', 'K9'],
  }),
  provision_takes: maybe(positiveDuration(), 'How long that takes.', '30 min'),
}).meta({ id: 'site', description: 'A place that is lost as a whole.', use: 'information' });

export const destinationSchema = strict({
  kind: must(
    z.enum(['folder', 'sqlite', 'postgres', 'mysql', 's3', 'azure', 'kubernetes']),
    'What can be restored to it.',
    'postgres',
  ),
  role: must(
    z.enum(['sandbox', 'staging', 'production']),
    'What may happen there: anything (sandbox), a look before it goes on (staging), or only what was approved (production).',
    'sandbox',
    { mission: ['H3', 'I6'] },
  ),
  address: maybe(textOrReference(), 'The folder, host, bucket or context.', '${env:TEST_HOST}', {
    mission: ['H3'],
  }),
  user: maybe(textOrReference(), 'The user.', '${env:TEST_USER}'),
  password: maybe(secret(), 'Where its password comes from.', '${env:TEST_PASSWORD}'),
  isolated: usually(
    z.boolean(),
    false,
    'Whether it can reach nothing that is in production. Default: false, and then it is said.',
    true,
  ),
  site: maybe(reference('site'), 'Where it is.', 'standby'),
}).meta({ id: 'destination', description: 'A place to restore to.', use: 'planned' });

export const failoverSchema = strict({
  description: maybe(text(), 'What moves, and when.', 'All of the shop to the west'),
  from: must(reference('site'), 'The site that is given up.', 'primary', { mission: ['K1'] }),
  to: must(reference('site'), 'The site that takes over.', 'standby', { mission: ['K1'] }),
  systems: maybe(references('system'), 'What moves. Default: every system that is replicated there.', [
    'orders-db',
  ]),
  mode: usually(
    z.enum(['manual', 'automatic']),
    'manual',
    'Whether a person decides. Default: manual.',
    'manual',
    {
      mission: ['K10'],
    },
  ),
  observers: maybe(
    references('site'),
    'Sites that must agree that the first one is gone: at least three for an automatic failover.',
    ['primary', 'standby', 'witness'],
  ),
  fence: maybe(
    commandLine(),
    'How it is made sure that the old side cannot write any more.',
    './scripts/fence.sh',
  ),
  accepted_loss: maybe(
    positiveDuration(),
    'What may be lost when it cannot wait for the other side.',
    '5 min',
  ),
  hold_down: usually(positiveDuration(), '1 h', 'How long no second failover starts. Default: 1 h.', '1 h'),
  dns: maybe(references('system'), 'Systems whose DNS records are changed.', ['dns'], { mission: ['K7'] }),
  runbook: maybe(reference('runbook'), 'What is done, step by step.', 'failover', {
    mission: ['I15', 'I17'],
  }),
  failback: maybe(reference('runbook'), 'The way back, when the first site is well again.', 'failback'),
  phases: phasesSchema.exactOptional(),
  tested: maybe(cadence(), 'How often it is rehearsed.', 'quarterly', { mission: ['K11'] }),
}).meta({ id: 'failover', description: 'A move of service from one site to another.', use: 'planned' });
