/** Sources that this version reads, checks and reasons about, and does not capture from yet. */
import * as z from 'zod';
import { connectionSchema } from './connection-schema.ts';
import { captureMethod, managed, schemaOnly } from './database-fields.ts';
import { commandLine, positiveDuration, secret, strict, text, textOrReference, texts } from './field.ts';
import { maybe, must, usually } from './field-facts.ts';

export const mysqlSource = strict({
  kind: z.literal('mysql').meta({ description: 'A MySQL or MariaDB server.', mission: ['B4'] }),
  connection: must(connectionSchema, 'How the server is reached.', {
    host: '${env:DB_HOST}',
    database: 'shop',
  }),
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
