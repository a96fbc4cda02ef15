/** What the plan is for, who answers for it, and what it says about itself. */
import * as z from 'zod';
import { zoneName } from '../../schedule/zone-clock.ts';
import { day, name, strict, text, texts } from './field.ts';
import { maybe, must } from './field-facts.ts';

const information = { use: 'information' } as const;

const scope = strict({
  covers: maybe(texts(), 'What the plan covers.', ['application data', 'generated assets'], {
    mission: ['A3'],
  }),
  excludes: maybe(texts(), 'What it does not cover, so that nobody relies on it.', ['laptops'], {
    mission: ['A3'],
  }),
}).meta({ id: 'scope', description: 'What the plan covers, and what it does not.' });

const claim = strict({
  says: must(text(), 'What the plan says about itself.', 'The plan is complete and tested.', {
    mission: ['A10'],
  }),
  shown_by: maybe(
    z
      .array(z.enum(['drills', 'proofs', 'audit', 'review']))
      .min(1)
      .meta({ isSet: true }),
    'What in this plan would show it; without evidence a claim is a finding.',
    ['drills'],
    { mission: ['A10'] },
  ),
  last_shown: maybe(day(), 'When it was last shown.', '2026-10-01', { mission: ['A10'] }),
}).meta({ id: 'claim', description: 'Something that the plan says about itself.' });

export const metadataSchema = strict({
  id: z.uuid().meta({
    description: 'A UUID made once by `lifeboat init`; it survives renames, and backups are found by it.',
    examples: ['5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d11'],
  }),
  name: text().meta({ description: 'What the plan is for.', examples: ['Shop'], mission: ['A1'] }),
  organisation: text()
    .exactOptional()
    .meta({ description: 'Whose it is.', examples: ['Example Ltd'], mission: ['A1'] }),
  owner: text().meta({
    description: 'Who answers for the plan and owes what is missing in it.',
    examples: ['Jane Doe'],
    mission: ['A5'],
  }),
  time_zone: z
    .string()
    .refine(isTimeZone, {
      message: 'not a time zone',
      params: { expected: 'a name such as Europe/Berlin or UTC' },
    })
    .prefault('UTC')
    .meta({
      description: 'The zone of times that do not name one. Default: UTC.',
      examples: ['Europe/Berlin'],
      mission: ['D2'],
    }),
  overview: maybe(
    text(),
    'What the plan is about, in a few sentences.',
    'How the shop survives a disaster.',
    {
      ...information,
      mission: ['A1'],
    },
  ),
  purpose: maybe(texts(), 'What it is to achieve.', ['minimise downtime', 'minimise loss of data'], {
    ...information,
    mission: ['A1'],
  }),
  status: maybe(z.enum(['draft', 'in-review', 'approved', 'retired']), 'How far it is.', 'approved', {
    ...information,
    mission: ['A2'],
  }),
  document_version: maybe(text(), 'The version that people know it by.', '1.0', {
    ...information,
    mission: ['A2'],
  }),
  last_updated: maybe(day(), 'When it was last changed.', '2026-11-21', { ...information, mission: ['A2'] }),
  scope: maybe(
    scope,
    'What the plan covers, and what it does not.',
    { covers: ['application data'] },
    information,
  ),
  definitions: maybe(
    z.record(name(), text()),
    'Words as this plan means them.',
    { rto: 'The longest time that a system may be down.' },
    { ...information, mission: ['A4'] },
  ),
  claims: maybe(
    z.array(claim).min(1),
    'What the plan says about itself, and what shows it.',
    [{ says: 'The plan is complete and tested.', shown_by: ['drills'] }],
    { ...information, mission: ['A10'] },
  ),
}).meta({
  id: 'metadata',
  examples: [{ id: '5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d11', name: 'Shop', owner: 'Jane Doe' }],
  description: 'What the plan is for and who answers for it.',
});

function isTimeZone(value: string): boolean {
  return zoneName(value) !== undefined;
}
