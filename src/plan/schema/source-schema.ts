import * as z from 'zod';
import { byteSize, commandLine, positiveDuration, strict, text } from './field.ts';
import { postgresSource } from './postgres-source-schema.ts';
import {
  azureSource,
  gitSource,
  kubernetesSource,
  mysqlSource,
  s3Source,
  terraformSource,
} from './remote-source-schema.ts';

const list = () => z.array(text()).min(1);

const filesSource = strict({
  kind: z
    .literal('files')
    .meta({ description: 'Folders and files.', mission: ['B7', 'B9', 'B11', 'B12', 'B15', 'B18', 'D24'] }),
  paths: list().meta({
    description: "What to back up; relative paths count from the plan's folder.",
    examples: [['./uploads', '/etc/shop']],
  }),
  exclude: z
    .array(text())
    .prefault([])
    .meta({
      description: 'What to leave out, in gitignore syntax.',
      examples: [['*.tmp', 'cache/', '!cache/keep']],
    }),
  one_file_system: z
    .boolean()
    .prefault(false)
    .meta({
      examples: [true],
      description: 'Do not cross into other file systems that are mounted below a path. Default: false.',
    }),
  exclude_caches: z
    .boolean()
    .prefault(false)
    .meta({
      description: 'Leave out the content of folders marked by a CACHEDIR.TAG file. Default: false.',
      examples: [true],
    }),
  max_file_size: byteSize()
    .exactOptional()
    .meta({ description: 'Leave out larger files. Default: no limit.', examples: ['2 GiB'] }),
  ignore_files: z
    .array(text())
    .prefault(['.lifeboatignore'])
    .meta({
      description: 'Names of files inside the folders that list what to leave out. Default: .lifeboatignore.',
      examples: [['.lifeboatignore', '.gitignore']],
    }),
}).meta({ id: 'filesSource', description: 'Folders and files.' });

const sqliteSource = strict({
  kind: z.literal('sqlite').meta({
    description: 'One SQLite database, copied consistently while it is in use.',
    mission: ['B3', 'D9'],
  }),
  path: text().meta({ description: 'The database file.', examples: ['./data/orders.db'] }),
  max_writer_pause: positiveDuration()
    .prefault('5 s')
    .meta({
      description: 'How long writers may be held up where the database is not in WAL mode. Default: 5 s.',
      examples: ['5 s'],
    }),
  counts: z
    .array(text())
    .exactOptional()
    .meta({
      description:
        'Tables whose rows are counted at capture, for comparison after a restore. Default: all tables.',
      examples: [['orders', 'customers']],
    }),
}).meta({ id: 'sqliteSource', description: 'One SQLite database.' });

const variableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/);

const envSource = strict({
  kind: z.literal('env').meta({
    description: 'Environment variables and dotenv files.',
    mission: ['B13', 'B14', 'B17'],
  }),
  variables: z
    .array(variableName)
    .prefault([])
    .meta({
      description: 'Names of variables to capture; their values are only ever inside the encrypted vault.',
      examples: [['SMTP_HOST', 'PAYMENT_KEY']],
    }),
  files: z
    .array(text())
    .prefault([])
    .meta({ description: 'Dotenv files to capture.', examples: [['.env']] }),
})
  .refine((source) => (source.variables ?? []).length + (source.files ?? []).length > 0, {
    message: 'names no variable and no file',
    params: { expected: '"variables", "files" or both' },
  })
  .meta({ id: 'envSource', description: 'Environment variables and dotenv files.' });

const commandSource = strict({
  kind: z.literal('command').meta({
    description: 'What a program prints.',
    mission: ['B4', 'B19', 'B25', 'D20'],
  }),
  run: commandLine().meta({
    description:
      'The program whose standard output is stored: text for sh -c, or a list of arguments (no shell). ' +
      'A failure, a signal or a time-out leaves no recovery point.',
    examples: ['pg_dump shop', ['pg_dump', '--format=custom', 'shop']],
  }),
  file: z
    .string()
    .regex(/^[^/\0]{1,200}$/)
    .meta({ description: 'The name of the file as which the output is stored.', examples: ['shop.dump'] }),
  timeout: positiveDuration()
    .prefault('1 h')
    .meta({
      description: 'When the program is stopped and the capture fails. Default: 1 h.',
      examples: ['30 min'],
    }),
}).meta({ id: 'commandSource', description: 'What a program prints.' });

const otherSource = strict({
  kind: z.literal('other').meta({
    description:
      'Something that none of the other kinds describes, or of which nobody has said yet what it is.',
    mission: ['B19', 'B22'],
  }),
  what: text().meta({ description: 'What it is.', examples: ['the secrets vault'] }),
  holds: z
    .enum(['database', 'files', 'configuration', 'secrets'])
    .exactOptional()
    .meta({ description: 'What sort of data it has.', examples: ['secrets'] }),
}).meta({
  id: 'otherSource',
  description: 'Something that none of the other kinds describes.',
  use: 'planned',
});

/** How the data of a system is captured; `kind` decides which fields there are. */
export const sourceSchema = z.discriminatedUnion('kind', [
  filesSource,
  sqliteSource,
  envSource,
  commandSource,
  postgresSource,
  mysqlSource,
  s3Source,
  azureSource,
  gitSource,
  kubernetesSource,
  terraformSource,
  otherSource,
]);
