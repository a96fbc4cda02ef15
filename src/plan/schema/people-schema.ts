/** Who is there, who is called in which order, and who outside is bound to help. */
import * as z from 'zod';
import { cadence, day, name, positiveDuration, reference, references, strict, text, texts } from './field.ts';
import { maybe, must, usually } from './field-facts.ts';

export const contactSchema = strict({
  name: must(text(), 'Who it is.', 'Jane Doe', { mission: ['O3', 'O4'] }),
  kind: usually(z.enum(['person', 'group', 'vendor']), 'person', 'What it is. Default: person.', 'group', {
    mission: ['O2', 'O4'],
  }),
  role: maybe(text(), 'What they answer for.', 'database administrator', { mission: ['O1', 'O3'] }),
  phone: maybe(text(), 'A telephone number that is answered at night.', '+49 30 1234567', {
    mission: ['O3', 'O4'],
  }),
  other_phone: maybe(text(), 'A second number that does not go through the office.', '+49 171 1234567'),
  email: maybe(text(), 'An e-mail address.', 'jane@example.org', { mission: ['O3', 'O4'] }),
  chat: maybe(text(), 'A name in the chat.', '@jane'),
  vendor: maybe(reference('vendor'), 'The company outside that they belong to.', 'hoster', {
    mission: ['O2'],
  }),
  deputy: maybe(reference('responder'), 'Who stands in.', 'john'),
  verified: maybe(day(), 'When it was last found to be right, by a test message or call.', '2026-10-01', {
    mission: ['O7', 'R10'],
  }),
}).meta({ id: 'contact', description: 'Somebody who can be reached.', use: 'information' });

export const teamSchema = strict({
  purpose: maybe(text(), 'What it does.', 'Leads the recovery', { mission: ['O1'] }),
  members: must(
    z.array(reference('responder')).min(1).meta({ isSet: true }),
    'Who belongs to it.',
    ['jane', 'john'],
    {
      mission: ['N2', 'O1'],
    },
  ),
  lead: maybe(reference('responder'), 'Who leads it.', 'jane'),
}).meta({ id: 'team', description: 'People who act together.', use: 'information' });

export const rotaSchema = strict({
  members: must(z.array(reference('responder')).min(1), 'Who takes turns, in this order.', ['jane', 'john'], {
    mission: ['O3'],
  }),
  turn: must(cadence(), 'How long a turn is.', 'weekly'),
  starts: maybe(day(), 'When the first turn began.', '2026-01-05'),
  handover: maybe(text(), 'When and how it is handed over.', 'Mondays at 10:00'),
}).meta({ id: 'rota', description: 'People who take turns.', use: 'planned' });

const level = strict({
  who: must(references('responder').min(1), 'Who is called.', ['on-call'], { mission: ['O5', 'O6'] }),
  channels: maybe(references('channel'), 'How. Default: by their telephone, then e-mail.', ['pager']),
  timeout: maybe(positiveDuration(), 'How long it is waited before the next level is called.', '10 min'),
  repeat: usually(z.int().min(1).max(20), 1, 'How often they are called. Default: 1.', 2),
  acknowledge: usually(z.enum(['any', 'all']), 'any', 'Whose answer counts. Default: any.', 'any'),
}).meta({ id: 'escalationLevel', description: 'One level: who is called, and how long it is waited.' });

export const escalationSchema = strict({
  levels: must(z.array(level).min(1), 'Levels, in this order.', [{ who: ['on-call'], timeout: '10 min' }], {
    mission: ['O5', 'O6'],
  }),
  if_nobody: maybe(text(), 'What happens when no level answers.', 'The wall sheet says whom to wake.'),
  quiet_hours: maybe(text(), 'When only pages go through.', '22:00 to 07:00'),
}).meta({ id: 'escalation', description: 'Who is called, in which order.', use: 'planned' });

export const vendorSchema = strict({
  service: must(text(), 'What they do for us.', 'hosting', { mission: ['O2'] }),
  contact: maybe(reference('responder'), 'Who is called there.', 'hoster-support', { mission: ['O2'] }),
  phone: maybe(text(), 'Their emergency number.', '+49 800 1234567', { mission: ['O2'] }),
  account: maybe(text(), 'What we are called there. Not a secret.', 'customer 4711'),
  contract: maybe(text(), 'The number of the contract.', 'C-2026-17'),
  answers_within: maybe(positiveDuration(), 'How soon the contract makes them answer.', '1 h'),
  supports: maybe(references('system'), 'What depends on them.', ['orders-db']),
}).meta({ id: 'vendor', description: 'A company outside that a recovery may need.', use: 'information' });

export const trainingSchema = strict({
  who: must(references('responder').min(1), 'Who.', ['response-team'], { mission: ['R12'] }),
  topic: must(text(), 'What.', 'restoring the database', { mission: ['R12'] }),
  every: must(cadence(), 'How often.', 'annually'),
  last: maybe(day(), 'When it was last held.', '2026-09-01', { mission: ['R12'] }),
}).meta({
  id: 'training',
  description: 'Something that people have learnt and must not forget.',
  use: 'planned',
});

const audience = strict({
  who: maybe(text(), 'Who they are.', 'customers with a contract', { mission: ['N1'] }),
  contacts: maybe(references('responder'), 'Who among us.', ['management']),
  channels: must(references('channel').min(1), 'How they are told.', ['status-page'], {
    mission: ['N1', 'N3', 'N4'],
  }),
  template: maybe(reference('template'), 'What they are told.', 'customers-first', { mission: ['N3'] }),
  first_within: maybe(positiveDuration(), 'How soon after the disaster was declared.', '15 min'),
  then_every: maybe(positiveDuration(), 'How often after that.', '30 min', { mission: ['N2', 'N5', 'N6'] }),
  approved_by: maybe(references('responder'), 'Who must see it before it goes out.', ['management']),
  only_in: maybe(references('scenario'), 'Only in these disasters. Default: in all.', ['breach'], {
    mission: ['N6', 'N7'],
  }),
}).meta({ id: 'audience', description: 'People who are told, how, and how often.' });

const template = strict({
  subject: maybe(text(), 'The subject.', 'We have a problem'),
  body: must(
    text(),
    'The text. {impact}, {changed}, {doing} and {next_update} are filled in.',
    'Orders cannot be placed: {impact}. Next word at {next_update}.',
    { mission: ['N3'] },
  ),
}).meta({ id: 'template', description: 'A text that is prepared.' });

export const communicationSchema = strict({
  audiences: must(
    z.record(name(), audience),
    'Who is told, by name.',
    { customers: { channels: ['status-page'] } },
    {
      mission: ['N1', 'N2', 'N3', 'N5', 'N6'],
    },
  ),
  templates: maybe(
    z.record(name(), template),
    'Texts that are prepared, by name.',
    {
      first: { body: 'We are looking into it: {impact}.' },
    },
    { mission: ['N3'] },
  ),
  bridge: maybe(text(), 'Where everybody meets who works on it.', '+49 30 7654321, room 1'),
  progress_reports: usually(
    z.boolean(),
    true,
    'Whether the run itself reports its progress. Default: true.',
    true,
    {
      mission: ['N2', 'N5'],
    },
  ),
}).meta({
  id: 'communication',
  examples: [{ audiences: { customers: { channels: ['status-page'] } } }],
  description: 'Who is told what, how often, and through what.',
  use: 'planned',
});

export const recordsSchema = strict({
  incident: maybe(
    texts(),
    'What a record of an incident holds.',
    ['description', 'impact', 'steps taken', 'root cause', 'prevention'],
    {
      mission: ['P1', 'P3'],
    },
  ),
  recovery: maybe(
    texts(),
    'What a record of a recovery holds.',
    ['steps', 'checklist', 'integrity', 'order', 'validation'],
    {
      mission: ['P2'],
    },
  ),
  review_within: maybe(positiveDuration(), 'How soon after the end people look back.', '5 days', {
    mission: ['N5', 'N6', 'P3', 'P4'],
  }),
  review_by: maybe(references('responder'), 'Who looks back.', ['response-team'], { mission: ['P4'] }),
  leads_to: maybe(
    z
      .array(z.enum(['root-cause', 'prevention', 'improvements', 'plan-changes', 'team-review']))
      .min(1)
      .meta({ isSet: true }),
    'What must come out of it.',
    ['root-cause', 'plan-changes'],
    { mission: ['A8', 'P3', 'P4'] },
  ),
  keep: maybe(positiveDuration(), 'How long records are kept.', '7 years', { mission: ['F9', 'P5'] }),
}).meta({
  id: 'records',
  examples: [{ review_within: '5 days', keep: '7 years' }],
  description: 'What is written down about incidents, recoveries and drills.',
  use: 'planned',
});
