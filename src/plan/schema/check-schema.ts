import * as z from 'zod';
import { commandLine, positiveDuration, references, strict, text, textOrReference, texts } from './field.ts';
import { maybe, must } from './field-facts.ts';

const nameField = text()
  .exactOptional()
  .meta({
    description: 'How reports call the check. Default: made from its content.',
    examples: ['orders are complete'],
  });

const integrityCheck = strict({
  kind: z.literal('integrity').meta({
    description:
      'The database is sound: SQLite by PRAGMA integrity_check, PostgreSQL by the checksums of its pages and by amcheck where it is installed.',
  }),
  name: nameField,
}).meta({ id: 'integrityCheck' });

const foreignKeysCheck = strict({
  kind: z.literal('foreign_keys').meta({ description: 'SQLite: PRAGMA foreign_key_check finds nothing.' }),
  name: nameField,
}).meta({ id: 'foreignKeysCheck' });

const tolerance = z
  .union(
    [
      z
        .number()
        .min(0)
        .transform((value) => ({ kind: 'absolute' as const, value })),
      z
        .string()
        .regex(/^\d+(\.\d+)?\s*%$/)
        .transform((value) => ({ kind: 'percent' as const, value: Number.parseFloat(value) })),
    ],
    'expected a number such as 5, or a percentage such as "1%"',
  )
  .meta({
    quantity: 'tolerance',
    description: 'How far the result may be from what is expected: a number, or a percentage. Default: 0.',
    examples: [5, '1%'],
  });

const sqlCheck = strict({
  kind: z.literal('sql').meta({
    description: 'One value from the restored database is as expected.',
    mission: ['H4', 'H11'],
  }),
  name: nameField,
  query: text().meta({
    description: 'A query that gives one row with one column.',
    examples: ['select count(*) from orders'],
  }),
  expect: z.union([z.number(), text()], 'expected a number, a text, or source').meta({
    description: 'The value; or `source`: what the same query gave at capture, in the same transaction.',
    examples: ['source', 0, 'ok'],
  }),
  tolerance: tolerance.prefault(0),
}).meta({ id: 'sqlCheck' });

const filesCheck = strict({
  kind: z.literal('files').meta({ description: 'The restored files are those that were captured.' }),
  name: nameField,
  min_count: z
    .int()
    .min(0)
    .exactOptional()
    .meta({ description: 'At least so many regular files must be there.', examples: [100] }),
  manifest: z
    .boolean()
    .prefault(true)
    .meta({
      examples: [true],
      mission: ['H6'],
      description: 'Compare count and hashes with the manifest captured with the snapshot. Default: true.',
    }),
}).meta({ id: 'filesCheck' });

const commandCheck = strict({
  kind: z.literal('command').meta({
    description: 'A program looks at the restored data and ends with 0 when it is good.',
    mission: ['B6', 'H2', 'H4', 'H5', 'H6', 'H7'],
  }),
  name: nameField,
  run: commandLine().meta({
    description: 'Run in the sandbox folder: text for sh -c, or a list of arguments (no shell).',
    examples: ['./scripts/check-restore.sh'],
  }),
  timeout: positiveDuration()
    .prefault('10 min')
    .meta({
      description: 'When the program is stopped; the check is then inconclusive. Default: 10 min.',
      examples: ['5 min'],
    }),
}).meta({ id: 'commandCheck' });

const rowCountCheck = strict({
  kind: z
    .literal('row_counts')
    .meta({ description: 'Rows of named tables are as many as at capture.', mission: ['H4'] }),
  name: nameField,
  tables: must(texts().meta({ isSet: true }), 'The tables.', ['users', 'orders'], { mission: ['B6', 'H4'] }),
  tolerance: tolerance.prefault(0),
}).meta({ id: 'rowCountCheck' });

const tableCheck = strict({
  kind: z.literal('tables').meta({
    description: "The engine's own check of tables finds nothing (CHECK TABLE, amcheck).",
    mission: ['H5'],
  }),
  name: nameField,
  tables: maybe(texts().meta({ isSet: true }), 'The tables. Default: all.', ['users', 'orders'], {
    mission: ['B6', 'H5'],
  }),
}).meta({ id: 'tableCheck' });

const later = { use: 'planned' } as const;

const objectCountCheck = strict({
  kind: z
    .literal('object_count')
    .meta({ description: 'So many objects or files are there.', mission: ['H7'] }),
  name: nameField,
  at_least: maybe(z.int().min(0), 'At least so many. Default: as many as at capture.', 1000),
  tolerance: tolerance.prefault(0),
}).meta({ id: 'objectCountCheck', ...later });

const compareCheck = strict({
  kind: z.literal('compare').meta({
    description: 'What was restored is what the store holds: names, sizes and hashes.',
    mission: ['H6'],
  }),
  name: nameField,
  with: maybe(z.enum(['source', 'manifest']), 'What it is compared with. Default: manifest.', 'manifest'),
}).meta({ id: 'compareCheck', ...later });

const sampleCheck = strict({
  kind: z
    .literal('sample')
    .meta({ description: 'A named file or object can be read and is whole.', mission: ['M8'] }),
  name: nameField,
  path: must(text(), 'The file or object.', 'music/sample.mp3'),
  sha256: maybe(
    z.string().regex(/^[0-9a-f]{64}$/),
    'Its hash, where it never changes.',
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  ),
}).meta({ id: 'sampleCheck', ...later });

const httpCheck = strict({
  kind: z
    .literal('http')
    .meta({ description: 'An address of the restored system answers as it should.', mission: ['H11', 'M8'] }),
  name: nameField,
  url: must(textOrReference(), 'The address.', 'http://sandbox/health'),
  status: maybe(z.int().min(100).max(599), 'The status that is good. Default: 200.', 200),
  contains: maybe(text(), 'A text that the answer must hold.', 'ok'),
}).meta({ id: 'httpCheck', ...later });

const consistencyCheck = strict({
  kind: z.literal('consistency').meta({
    description: 'Two systems that were restored together fit each other.',
    mission: ['H11'],
  }),
  name: nameField,
  with: must(references('system'), 'The other systems.', ['uploads']),
  query: maybe(
    text(),
    'A query whose rows name what the other system must hold.',
    'select path from uploads',
  ),
}).meta({ id: 'consistencyCheck', ...later });

/** A word means the map with nothing but its usual values. */
const checkInWord = z.enum(['integrity', 'foreign_keys', 'files', 'tables']).transform((kind) => {
  if (kind === 'files') return { kind, manifest: true };
  // two results, so that each kind keeps its own type
  return kind === 'tables' ? { kind } : { kind };
});

const checkInFull = z.discriminatedUnion('kind', [
  integrityCheck,
  foreignKeysCheck,
  sqlCheck,
  filesCheck,
  commandCheck,
  rowCountCheck,
  tableCheck,
  objectCountCheck,
  compareCheck,
  sampleCheck,
  httpCheck,
  consistencyCheck,
]);

/** What must be true of restored data: one word, or a map whose `kind` decides the fields. */
export const checkSchema = z.union([checkInWord, checkInFull], 'expected a check').meta({
  description:
    'A check of the restored data: a word (integrity, foreign_keys, files, tables) or a map with its kind.',
  examples: ['integrity', { kind: 'sql', query: 'select count(*) from orders', expect: 'source' }],
});

/** A marker that is written into the source, so that a restore can measure what was really lost. */
export const canarySchema = z
  .discriminatedUnion('kind', [
    strict({
      kind: z.literal('table').meta({ description: 'A small table in the database.' }),
      table: z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/)
        .prefault('lifeboat_canary')
        .meta({ description: 'Its name. Default: lifeboat_canary.', examples: ['lifeboat_canary'] }),
    }).meta({ id: 'tableCanary' }),
    strict({
      kind: z.literal('file').meta({ description: 'A small file inside the source.' }),
      path: text()
        .exactOptional()
        .meta({
          description: 'Where it lies. Default: .lifeboat-canary.json in the first path.',
          examples: ['./uploads/.canary.json'],
        }),
    }).meta({ id: 'fileCanary' }),
  ])
  .meta({
    description:
      'Lifeboat writes a marker with time and number into the source and reads it back after a restore: measured ' +
      'loss instead of computed. It writes nothing unless this field is there.',
    examples: [{ kind: 'table' }],
  });
