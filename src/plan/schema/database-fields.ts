/** What the sources of database servers have in common. */
import * as z from 'zod';
import { text } from './field.ts';
import { maybe, usually } from './field-facts.ts';

export const captureMethod = (usual: 'physical' | 'logical') =>
  usually(
    z.enum(['physical', 'logical', 'snapshot']),
    usual,
    `How a copy is taken: physical (the engine's files: the base of point-in-time recovery), logical (a dump) or snapshot (of its disk). Default: ${usual}.`,
    'physical',
    { mission: ['D5', 'D7'] },
  );

export const managed = maybe(
  text(),
  'Who runs the server, when it is a managed one; backups of theirs count as theirs, not as ours.',
  'Supabase',
  { use: 'information', mission: ['B5'] },
);

export const schemaOnly = usually(
  z.enum(['everything', 'schema']),
  'everything',
  'What of the database is kept: everything, or only its schema. Default: everything.',
  'schema',
  { use: 'planned', mission: ['B16'] },
);
