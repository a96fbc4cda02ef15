import * as z from 'zod';
import { positiveDuration, strict } from './field.ts';
import { maybe, usually } from './field-facts.ts';

const budget = (what: string, example: string) =>
  maybe(positiveDuration(), `The budget until ${what}.`, example, { mission: ['C20'] });

/** Budgets of the phases of a recovery. */
export const phasesSchema = strict({
  count: maybe(
    z.enum(['deadlines', 'durations']),
    'What the numbers are: deadlines since the disaster, or durations of each phase. Without it nobody knows what is promised.',
    'deadlines',
    { mission: ['C20'] },
  ),
  detect: budget('the disaster is noticed', '1 min'),
  assess: budget('its extent is known', '5 min'),
  initiate: budget('the recovery has been started', '10 min'),
  restore: budget('service is back', '15 min'),
  communicate: usually(
    z.enum(['continuous', 'at-end']),
    'continuous',
    'Whether people are told all along, or when it is over. Default: continuous.',
    'continuous',
    { mission: ['C20', 'N4'] },
  ),
}).meta({
  id: 'phases',
  description: 'How long each phase of a recovery may take.',
  use: 'planned',
  examples: [{ count: 'deadlines', detect: '1 min', restore: '15 min' }],
});
