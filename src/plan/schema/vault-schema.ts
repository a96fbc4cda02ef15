/** Places that hold recovery points, and what is promised about them. */
import * as z from 'zod';
import {
  byteSize,
  duration,
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
import { retentionSchema } from './retention-schema.ts';

const encryption = strict({
  algorithm: must(
    z.enum(['AES-256', 'ChaCha20', 'unstated', 'none']),
    'The cipher; unstated where it is only said that it is encrypted. Vaults always encrypt with AES-256 before anything leaves this machine.',
    'AES-256',
    { mission: ['G1', 'G2'] },
  ),
  at_rest: maybe(text(), 'What the store adds by itself.', 'SSE-KMS', { mission: ['G2'] }),
}).meta({ id: 'encryption', description: 'How what lies there is encrypted.', use: 'information' });

const immutability = strict({
  mode: must(
    z.enum(['governance', 'compliance', 'offline']),
    'Who may shorten it: someone with a special right (governance), nobody (compliance), or the medium is not connected (offline).',
    'compliance',
  ),
  for: maybe(positiveDuration(), 'How long nothing can be deleted or changed.', '30 days'),
}).meta({
  id: 'immutability',
  description:
    'For how long nothing there can be deleted or changed. In S3 and Azure new objects are retained from the moment they are written, and `run-due` extends that for what points need.',
});

const lifecycleRule = strict({
  name: maybe(text(), 'How the store calls the rule.', 'ArchiveOldVersions', { mission: ['E8'] }),
  applies_to: usually(
    z.enum(['current', 'noncurrent']),
    'noncurrent',
    'Which versions: the newest of each object, or those that were replaced or deleted. Default: noncurrent.',
    'noncurrent',
    { mission: ['E8'] },
  ),
  prefix: maybe(
    text(),
    'Only objects whose key begins so, counted from the top of the bucket. Default: those of the vault.',
    'music/',
  ),
  transition: maybe(
    strict({
      after: must(positiveDuration(), 'When they move, counted as the rule counts.', '30 days'),
      storage_class: must(text(), 'Where they move to.', 'GLACIER', { mission: ['E8', 'F5'] }),
    }).meta({ id: 'lifecycleTransition', description: 'A move to another class of storage.' }),
    'A move to another class of storage.',
    { after: '30 days', storage_class: 'GLACIER' },
    { mission: ['E8'] },
  ),
  expire_after: maybe(
    positiveDuration(),
    'When they are deleted, counted from the same day as the transition, not from the transition.',
    '90 days',
    { mission: ['E8'] },
  ),
}).meta({ id: 'lifecycleRule', description: 'What the store does with objects as they age.' });

const vaultReplication = strict({
  region: must(text(), 'The region that receives the second copy.', 'us-west-2', { mission: ['E4', 'E7'] }),
  deletes: usually(
    z.enum(['follow', 'kept']),
    'follow',
    'Whether deletions follow. Default: follow.',
    'kept',
  ),
}).meta({
  id: 'vaultReplication',
  description: 'A copy that the store itself makes in another region.',
  use: 'planned',
});

const access = strict({
  read_by: maybe(references('responder'), 'Who may read it.', ['ops'], { mission: ['G4'] }),
  delete_by: maybe(references('responder'), 'Who may delete from it.', ['vault-keepers'], {
    mission: ['G4'],
  }),
  logged: usually(z.boolean(), false, 'Whether every access leaves a record. Default: false.', true, {
    mission: ['G4'],
  }),
}).meta({
  id: 'vaultAccess',
  description: 'Who may do what there, and whether it is recorded.',
  use: 'planned',
});

/** Slower, a backup would never end; and nothing at all cannot be waited for. */
const bandwidthMin = 1000;

function bandwidth() {
  return byteSize().refine((value) => value >= bandwidthMin, {
    message: 'too little to carry a backup',
    params: { expected: 'a size of at least 1 KB' },
  });
}

const storeLimits = strict({
  upload: maybe(bandwidth(), 'At most so many bytes a second towards it.', '20 MB'),
  download: maybe(bandwidth(), 'At most so many bytes a second from it.', '50 MB'),
  connections: maybe(
    z.int().min(1).max(256),
    'At most so many requests at once. Default: as many as turn out to be worth making.',
    8,
  ),
}).meta({ id: 'storeLimits', description: 'How much of the network a vault may take.' });

export const vaultSchema = strict({
  location: text().meta({
    description:
      "The folder that holds the vault; a relative one counts from the plan's folder. Or the address of a store: s3://bucket/prefix, azure://account/container/prefix.",
    examples: ['/mnt/backup/shop', './vaults/here', 's3://shop-backups/lifeboat'],
    mission: ['D13', 'E1', 'E3', 'E10'],
  }),
  role: z
    .enum(['primary', 'secondary', 'archive'])
    .prefault('primary')
    .meta({
      description: 'What it is for: restores prefer the primary. Default: primary.',
      examples: ['secondary'],
      mission: ['E3'],
    }),
  password: secret()
    .exactOptional()
    .meta({
      description:
        'Where its password comes from: ${env:NAME}, ${file:path}, ${command:words} or ${kms:path}. Never the password itself. ' +
        'LIFEBOAT_PASSWORD and its relatives are used when this is absent.',
      examples: ['${file:/etc/lifeboat/keys/here}'],
      mission: ['G1', 'G3'],
    }),
  off_site: z
    .boolean()
    .prefault(false)
    .meta({
      description: 'Whether it is where the fire is not. Default: false.',
      examples: [true],
      mission: ['D22', 'E9'],
    }),
  site: maybe(reference('site'), 'The site it is lost with.', 'primary', { use: 'information' }),
  region: maybe(text(), 'The region of its store.', 'eu-central-1', { mission: ['E4'] }),
  provider: maybe(text(), 'Who runs its store.', 'AWS', { use: 'information', mission: ['E3'] }),
  medium: maybe(
    z.enum(['disk', 'object-store', 'tape', 'optical']),
    'What it is kept on; two kinds are better than one.',
    'object-store',
    { use: 'information' },
  ),
  geo_redundant: maybe(
    z.boolean(),
    'Whether the store itself keeps it in more than one region. Default: false.',
    true,
    { use: 'information', mission: ['E2'] },
  ),
  credentials: maybe(
    secret(),
    "Where the access to its store comes from: for S3 `KEY_ID:SECRET` or `KEY_ID:SECRET:SESSION_TOKEN`, for Azure an account key or a SAS. Default: the usual places of the store's own tools.",
    '${env:BACKUP_S3_KEY}',
    { mission: ['G3'] },
  ),
  endpoint: maybe(
    textOrReference(),
    'The address of a store that is not at its usual place.',
    'https://s3.example.org',
  ),
  storage_class: maybe(
    text(),
    'The class of storage that the data of backups goes into; folders, index and everything small stay in the usual one.',
    'GLACIER',
    { mission: ['E8'] },
  ),
  limits: maybe(storeLimits, 'How much of the network it may take.', { upload: '20 MB' }),
  append_only: maybe(
    z.boolean(),
    'Whether this machine only adds to it: nothing is replaced, and nothing but locks is deleted. Retention is then applied by another machine. Default: false.',
    true,
    { mission: ['G4'] },
  ),
  reread_within: maybe(
    positiveDuration(),
    'Every byte is read back at least once in this time. Default: 30 days.',
    '30 days',
  ),
  grace: maybe(
    duration(),
    'How long what nobody needs any more stays before it is removed; `0 min`: not at all, as with restic. Default: 1 day.',
    '3 days',
  ),
  encryption: maybe(
    encryption,
    'How what lies there is encrypted.',
    { algorithm: 'AES-256' },
    {
      mission: ['E1', 'E2', 'E5', 'G2'],
    },
  ),
  versioning: maybe(
    z.boolean(),
    'Whether its store keeps earlier versions of objects. Default: false.',
    true,
    {
      use: 'planned',
      mission: ['E1', 'E6'],
    },
  ),
  immutability: maybe(immutability, 'For how long nothing there can be deleted or changed.', {
    mode: 'compliance',
    for: '30 days',
  }),
  lifecycle: maybe(
    z.array(lifecycleRule).min(1),
    'What the store does with objects as they age. The store does it and not Lifeboat: `vault policy --for store` writes its rules from this.',
    [{ transition: { after: '30 days', storage_class: 'GLACIER' } }],
    { mission: ['E8'] },
  ),
  replication: maybe(
    vaultReplication,
    'A copy that the store itself makes in another region.',
    { region: 'us-west-2' },
    {
      mission: ['E4', 'E7'],
    },
  ),
  retention: maybe(retentionSchema, 'What is kept there, for systems that do not say it themselves.', {
    daily: 30,
  }),
  filled_by: maybe(
    reference('vault'),
    'The vault that it is a copy of, which it is filled from first. Default: every point is captured once and copied here from whichever vault has it.',
    'here',
  ),
  copy_within: maybe(
    positiveDuration(),
    'How soon after the others it has the same points; `status` fails when it is later.',
    '1 h',
  ),
  access: maybe(access, 'Who may do what there, and whether it is recorded.', { logged: true }),
  size_max: maybe(byteSize(), 'How much it may hold before somebody must act.', '2 TiB', {
    use: 'planned',
    mission: ['E11'],
  }),
  holds: maybe(
    texts().meta({ isSet: true }),
    'What it is for, where systems do not say which vaults they use.',
    ['database backups'],
    { use: 'information' },
  ),
}).meta({ id: 'vault', description: 'One place that holds recovery points.' });
