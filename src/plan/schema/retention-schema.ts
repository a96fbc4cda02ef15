import * as z from 'zod';
import { positiveDuration, strict, text } from './field.ts';
import { maybe } from './field-facts.ts';

const count = (what: string) =>
  z
    .int()
    .min(-1)
    .max(100_000)
    .exactOptional()
    .meta({ description: `Keep ${what}. −1: without a limit.`, examples: [7] });

const archive = strict({
  after: maybe(
    positiveDuration(),
    'How old points are when they move into the vaults of the system with the role archive. Default: at once.',
    '30 days',
  ),
  keep_for: maybe(
    positiveDuration(),
    'How long they stay there, counted from the move. Default: by the retention of that vault, else without an end.',
    '90 days',
    { mission: ['F5'] },
  ),
  storage_class: maybe(
    text(),
    'The class of storage that they are to lie in. That vault says it for all that it takes; `lint` compares both.',
    'GLACIER',
    { mission: ['E8'] },
  ),
}).meta({
  id: 'retentionArchive',
  description:
    'What becomes of older points. The other rules of a system are for its other vaults, which give up no point that has yet to move.',
});

export const retentionSchema = strict({
  last: count('the newest so many recovery points'),
  hourly: count('the newest of each of the last so many hours that have one'),
  daily: count('the newest of each of the last so many days that have one'),
  weekly: count('the newest of each of the last so many weeks that have one'),
  monthly: count('the newest of each of the last so many months that have one'),
  yearly: count('the newest of each of the last so many years that have one'),
  within: maybe(positiveDuration(), 'Keep everything that is younger than this.', '30 days'),
  at_most: maybe(
    positiveDuration(),
    'Nothing is kept longer than this, whatever the other rules say: the answer to a duty to erase.',
    '400 days',
    { mission: ['Q1'] },
  ),
  archive: maybe(archive, 'What moves into the vaults with the role archive, and how long it stays there.', {
    after: '30 days',
    keep_for: '90 days',
  }),
}).meta({
  id: 'retention',
  description: 'Which recovery points are kept; each rule adds. Without this field everything is kept.',
  examples: [{ daily: 7, weekly: 4, monthly: 12 }],
  mission: ['F1', 'F2', 'F3', 'F4', 'F6', 'F7', 'F8'],
});
