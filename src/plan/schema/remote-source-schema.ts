/** Sources that this version reads, checks and reasons about, and does not capture from yet. */
import * as z from 'zod';
import { commandLine, positiveDuration, secret, strict, text, textOrReference, texts } from './field.ts';
import { maybe, must, usually } from './field-facts.ts';

const connection = strict({
  host: maybe(textOrReference(), 'The host, or a reference to it.', '${env:DB_HOST}', { mission: ['G3'] }),
  port: maybe(z.int().min(1).max(65_535), 'The port. Default: that of the engine.', 5432),
  database: maybe(textOrReference(), 'The database. Default: every database of the server.', 'shop'),
  user: maybe(textOrReference(), 'The user, or a reference to it.', '${env:DB_USER}'),
  password: maybe(secret(), 'Where its password comes from; never the password.', '${env:DB_PASSWORD}'),
  tls: usually(z.boolean(), true, 'Whether the connection must be encrypted. Default: true.', true),
}).meta({
  id: 'connection',
  description: 'How a server is reached.',
  examples: [{ host: '${env:DB_HOST}' }],
});

const captureMethod = (usual: 'physical' | 'logical') =>
  usually(
    z.enum(['physical', 'logical', 'snapshot']),
    usual,
    `How a copy is taken: physical (the engine's files: the base of point-in-time recovery), logical (a dump) or snapshot (of its disk). Default: ${usual}.`,
    'physical',
    { mission: ['D5', 'D7'] },
  );

const managed = maybe(
  text(),
  'Who runs the server, when it is a managed one; backups of theirs count as theirs, not as ours.',
  'Supabase',
  { mission: ['B5'] },
);

const schemaOnly = usually(
  z.enum(['everything', 'schema']),
  'everything',
  'What of the database is kept: everything, or only its schema. Default: everything.',
  'schema',
  { mission: ['B16'] },
);

export const postgresSource = strict({
  kind: z.literal('postgres').meta({ description: 'A PostgreSQL server.', mission: ['B2'] }),
  connection: must(connection, 'How the server is reached.', { host: '${env:DB_HOST}', database: 'shop' }),
  method: captureMethod('physical'),
  tool: maybe(text(), 'The program that takes the copy, where it matters.', 'pg_dump', { mission: ['D8'] }),
  keeps: schemaOnly,
  managed,
}).meta({ id: 'postgresSource', description: 'A PostgreSQL server.', use: 'planned' });

export const mysqlSource = strict({
  kind: z.literal('mysql').meta({ description: 'A MySQL or MariaDB server.', mission: ['B4'] }),
  connection: must(connection, 'How the server is reached.', { host: '${env:DB_HOST}', database: 'shop' }),
  method: captureMethod('logical'),
  tool: maybe(text(), 'The program that takes the copy, where it matters.', 'mysqldump', {
    mission: ['D10'],
  }),
  keeps: schemaOnly,
  managed,
}).meta({ id: 'mysqlSource', description: 'A MySQL or MariaDB server.', use: 'planned' });

const versioning = maybe(z.boolean(), 'Whether the bucket keeps earlier versions of its objects.', true, {
  mission: ['D17', 'E6'],
});

export const s3Source = strict({
  kind: z.literal('s3').meta({ description: 'The objects of an S3 bucket.', mission: ['B8', 'B9'] }),
  bucket: must(textOrReference(), 'The bucket.', 'shop-uploads'),
  prefix: maybe(text(), 'Only objects whose key begins so.', 'uploads/'),
  region: maybe(text(), 'The region of the bucket.', 'eu-central-1'),
  endpoint: maybe(textOrReference(), 'The address of an S3 that is not Amazon.', 'https://s3.example.org'),
  credentials: maybe(
    secret(),
    'Where the access key comes from. Default: as the SDK finds it.',
    '${env:S3_KEY}',
  ),
  versioning,
}).meta({ id: 's3Source', description: 'The objects of an S3 bucket.', use: 'planned' });

export const azureSource = strict({
  kind: z.literal('azure').meta({ description: 'The blobs of an Azure container.' }),
  account: must(textOrReference(), 'The storage account.', 'shopstorage'),
  container: must(textOrReference(), 'The container.', 'uploads'),
  prefix: maybe(text(), 'Only blobs whose name begins so.', '2026/'),
  credentials: maybe(secret(), 'Where the key comes from. Default: as the SDK finds it.', '${env:AZURE_KEY}'),
  versioning,
}).meta({ id: 'azureSource', description: 'The blobs of an Azure container.', use: 'planned' });

export const gitSource = strict({
  kind: z.literal('git').meta({
    description: 'A Git repository with all its branches and tags.',
    mission: ['B10', 'B11', 'B23', 'D18'],
  }),
  url: must(textOrReference(), 'Where it is cloned from.', 'https://git.example.org/shop.git'),
  credentials: maybe(secret(), 'Where the token or key comes from.', '${file:/etc/lifeboat/git-token}'),
  large_files: usually(z.boolean(), true, 'Whether files of Git LFS are kept as well. Default: true.', true),
  source_of_truth: usually(
    z.boolean(),
    false,
    'Whether the recovery deploys from this repository, so that its loss stops the recovery. Default: false.',
    true,
    { mission: ['B23'] },
  ),
}).meta({ id: 'gitSource', description: 'A Git repository.', use: 'planned' });

export const kubernetesSource = strict({
  kind: z
    .literal('kubernetes')
    .meta({ description: 'The resources of a Kubernetes cluster, exported.', mission: ['B21', 'D21'] }),
  context: maybe(textOrReference(), 'The context of the kubeconfig. Default: its current one.', 'production'),
  namespaces: maybe(texts().meta({ isSet: true }), 'Which namespaces. Default: all.', ['shop']),
  resources: maybe(texts().meta({ isSet: true }), 'Which kinds. Default: all that can be listed.', [
    'deployments',
    'configmaps',
  ]),
  secrets: usually(z.boolean(), true, 'Whether Secrets are exported too. Default: true.', true),
}).meta({ id: 'kubernetesSource', description: 'The resources of a Kubernetes cluster.', use: 'planned' });

export const terraformSource = strict({
  kind: z.literal('terraform').meta({ description: 'The state of Terraform or OpenTofu.', mission: ['B20'] }),
  directory: must(text(), 'The folder of the configuration.', './infrastructure'),
  workspaces: maybe(texts().meta({ isSet: true }), 'Which workspaces. Default: all.', ['default']),
  pull: maybe(commandLine(), 'How the state is read. Default: terraform state pull.', [
    'tofu',
    'state',
    'pull',
  ]),
  timeout: usually(positiveDuration(), '10 min', 'When reading it is given up. Default: 10 min.', '10 min'),
}).meta({ id: 'terraformSource', description: 'The state of Terraform or OpenTofu.', use: 'planned' });
