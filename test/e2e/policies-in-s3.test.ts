/**
 * Each role works with the very policy that `vault policy` prints for it, on a server that enforces it; and whoever steals
 * the key of the backup host takes nothing away.
 */
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  CopyObjectCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  ListObjectVersionsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectRetentionCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { appendOnly } from '../../src/object-store/append-only.ts';
import { openS3Store } from '../../src/object-store/s3/s3-store.ts';
import { compareTrees } from '../support/compare-trees.ts';
import { enforcePolicies, type RoleKeys } from '../support/s3-roles.ts';
import { type S3Server, startMoto } from '../support/s3-server.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { backUp, openVault } from '../support/vault.ts';
import { type CliOptions, cliEnds, jsonLines, lastLine, password } from './cli-process.ts';

const dayMs = 86_400_000;
const roles = ['backup', 'prune', 'restore', 'audit'] as const;
type Keys = Readonly<Record<(typeof roles)[number] | 'admin', RoleKeys>>;

let server: S3Server;
let scene: TemporaryFolder;
let folder: string;
let bucket: string;
let keys: Keys;

before(async () => {
  server = await startMoto();
  scene = temporaryFolder();
  folder = scene.path;
  bucket = await server.makeBucket({ locked: true });
  mkdirSync(join(folder, 'uploads'));
  for (let file = 0; file < 20; file += 1) write(`uploads/${file}`, `${file} `.repeat(file * 500));
  write('password', `${password}\n`);
  write('lifeboat.yaml', planText(true));
  const policies: Record<string, unknown> = {};
  for (const role of roles) {
    const printed = await cliEnds(0, options(server), 'vault', 'policy', 'away', '--for', role);
    policies[role] = JSON.parse(printed.stdout);
  }
  keys = (await enforcePolicies(server, policies)) as Keys;
});
after(async () => {
  await server[Symbol.asyncDispose]();
  scene[Symbol.dispose]();
});

function write(name: string, text: string): void {
  writeFileSync(join(folder, name), text);
}

/** The backup host only adds; the others have a plan of their own. */
function planText(appendOnly: boolean, others = ''): string {
  return `version: 1
metadata: { id: 0b1d6a3e-6c2b-4d0e-9a53-5a1e8f0f7a11, name: Shop, owner: Jane Doe, time_zone: UTC }
vaults:
${others}  away:
    location: s3://${bucket}/vault
    endpoint: ${server.endpoint}
    region: us-east-1
    credentials: \${file:./access}
    password: \${file:./password}
    immutability: { mode: governance, for: 2 days }
    grace: 1 s
    retention: { within: 30 days }
    ${appendOnly ? 'append_only: true' : ''}
objectives: { rpo: 30 h, rto: 8 h }
systems:
  uploads: { source: { kind: files, paths: [./uploads] }, schedule: daily, checks: [files] }
`;
}

function options(holder: RoleKeys): CliOptions {
  write('access', `${holder.accessKeyId}:${holder.secretAccessKey}\n`);
  const environment = { AWS_CONFIG_FILE: '/dev/null', AWS_EC2_METADATA_DISABLED: 'true' };
  return { folder, environment, secrets: [holder.secretAccessKey] };
}

function clientOf(credentials: RoleKeys): S3Client {
  const { endpoint, region } = server;
  return new S3Client({
    endpoint,
    region,
    credentials,
    forcePathStyle: true,
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
}

test('the backup host makes the vault, backs up, proves and checks, and only adds', async () => {
  const host = backupHost();
  await cliEnds(0, host, 'vault', 'init', 'away', '--no-recovery-key');
  const checked = await cliEnds(0, host, 'vault', 'check', '--vault', 'away', '--json');
  const probes = jsonLines(checked).filter(({ type }) => type === 'probe');
  assert.ok(
    probes.every(({ verdict }) => verdict === 'pass'),
    JSON.stringify(probes),
  );
  await cliEnds(0, host, 'backup');
  await cliEnds(0, host, 'verify');
  const pass = jsonLines(await cliEnds(0, host, 'run-due', '--json'));
  assert.ok(pass.some(({ type, vault, until }) => type === 'audit' && vault === 'away' && until !== null));
  await cliEnds(0, host, 'check', '--vault', 'away');
  const refused = await cliEnds(1, host, 'prune', '--json');
  assert.equal(lastLine(refused)['code'], 'STORE_APPEND_ONLY');
});

test('whoever steals the key of the backup host takes nothing away', async () => {
  const admin = clientOf(keys.admin);
  const thief = clientOf(keys.backup);
  const Bucket = bucket;
  const before = await everyVersion(admin);
  const victims = before.filter(({ Key = '' }) => !/^vault\/(locks|lifeboat\/probe)\//.test(Key));
  assert.ok(victims.length > 10);
  const sooner = new Date(Date.now() + 1000);
  for (const { Key, VersionId } of victims) {
    const object = { Bucket, Key };
    const attempts: Record<string, () => Promise<unknown>> = {
      delete: () => thief.send(new DeleteObjectCommand(object)),
      'delete the version': () => thief.send(new DeleteObjectCommand({ ...object, VersionId })),
      'delete the version past governance': () =>
        thief.send(new DeleteObjectCommand({ ...object, VersionId, BypassGovernanceRetention: true })),
      overwrite: () => thief.send(new PutObjectCommand({ ...object, Body: 'rubbish' })),
      'overwrite by copying': () =>
        thief.send(new CopyObjectCommand({ ...object, CopySource: `${bucket}/vault/config` })),
      release: () => thief.send(new PutObjectLegalHoldCommand({ ...object, LegalHold: { Status: 'OFF' } })),
      shorten: () => thief.send(retention(object, sooner)),
      'shorten past governance': () =>
        thief.send(retention({ ...object, BypassGovernanceRetention: true }, sooner)),
      'retain for a century': () => thief.send(retention(object, new Date(Date.now() + 36_500 * dayMs))),
    };
    for (const [what, attempt] of Object.entries(attempts))
      await refuses(attempt, 'AccessDenied', `${what} ${Key}`);
    const created = () => thief.send(new PutObjectCommand({ ...object, Body: 'rubbish', IfNoneMatch: '*' }));
    await refuses(created, 'PreconditionFailed', `create ${Key}`);
  }
  const batch = { Objects: victims.map(({ Key, VersionId }) => ({ Key, VersionId })) };
  const answer = await thief.send(new DeleteObjectsCommand({ Bucket, Delete: batch }));
  assert.equal(answer.Deleted?.length ?? 0, 0);
  const suspended = { Bucket, VersioningConfiguration: { Status: 'Suspended' } } as const;
  await refuses(() => thief.send(new PutBucketVersioningCommand(suspended)), 'AccessDenied', 'versions off');
  await refuses(
    () => thief.send(new PutBucketLifecycleConfigurationCommand(expireAll())),
    'AccessDenied',
    'life cycle',
  );
  await refuses(() => thief.send(new DeleteBucketCommand({ Bucket })), 'AccessDenied', 'the bucket');
  const after = await everyVersion(admin);
  const names = (all: typeof before) => all.map(({ Key, VersionId }) => `${Key} ${VersionId}`).sort();
  assert.deepEqual(names(after), names(before));
});

test('points with wrong times push no good one out of a retention by age', async () => {
  const good = jsonLines(await cliEnds(0, backupHost(), 'points', '--json')).filter(
    ({ type }) => type === 'point',
  );
  {
    const place = { endpoint: server.endpoint, bucket, prefix: 'vault' };
    const store = openS3Store(place, { credentials: keys.backup, region: 'us-east-1' });
    await using vault = await openVault(appendOnly(store), { password });
    for (let ahead = -2; ahead < 4; ahead += 1) {
      const time = new Date(Date.now() + ahead * dayMs).toISOString();
      await backUp(vault, join(folder, 'password'), { time, tags: ['system:uploads'] });
    }
  }
  await cliEnds(0, keeper(), 'forget', '--yes');
  const after = jsonLines(await cliEnds(0, keeper(), 'points', '--json')).filter(
    ({ type }) => type === 'point',
  );
  const ids = new Set(after.map(({ id }) => id));
  assert.ok(good.length > 0 && good.every(({ id }) => ids.has(id)));
});

test('whoever prunes removes what retention gave up; what object lock keeps stays until its date', async () => {
  const host = backupHost();
  write('uploads/extra', 'x'.repeat(100_000));
  await cliEnds(0, host, 'backup');
  rmSync(join(folder, 'uploads', 'extra'));
  await cliEnds(0, host, 'backup');
  await cliEnds(0, host, 'verify');
  const admin = clientOf(keys.admin);
  const before = await everyVersion(admin);
  const forget = ['forget', 'uploads', '--keep-last', '1', '--yes', '--json'];
  assert.equal(lastLine(await cliEnds(1, backupHost(), ...forget))['code'], 'STORE_APPEND_ONLY');
  await cliEnds(0, keeper(), ...forget);
  const marked = await cliEnds(0, keeper(), 'prune', '--json');
  const pruned = jsonLines(marked).find(({ type }) => type === 'prune');
  assert.deepEqual([pruned?.['reclaimed_packs'], Number(pruned?.['pending_packs']) > 0], [0, true]);
  assert.ok(Date.parse(String(pruned?.['removable_at'])) > Date.now() + dayMs);
  const after = await everyVersion(admin);
  const there = new Set(after.map(({ Key, VersionId }) => `${Key} ${VersionId}`));
  const gone = before.filter(
    ({ Key = '', VersionId }) => !/\/locks\//.test(Key) && !there.has(`${Key} ${VersionId}`),
  );
  assert.deepEqual(gone, [], 'no version goes before its date');
});

test('whoever audits sees until when nothing can be deleted, and `copies` shows it', async () => {
  const look = ['vault', 'audit', 'away', '--json'];
  const before = lastLine(await cliEnds(4, keeper(keys.audit), ...look));
  assert.equal(before['code'], 'AUDIT_FAILED', 'the points of the thief are not retained');
  const denied = lastLine(await cliEnds(1, keeper(keys.audit), ...look, '--extend'));
  assert.equal(denied['code'], 'STORE_DENIED', 'who audits cannot retain');
  const extended = lastLine(await cliEnds(0, backupHost(), ...look, '--extend', '--try-deleting'));
  assert.ok(Number(extended['objects_extended']) > 0);
  assert.deepEqual([extended['deletions_tried'], extended['deletions_refused']], [1, 1]);
  const after = lastLine(await cliEnds(0, keeper(keys.audit), ...look));
  assert.deepEqual([after['verdict'], after['objects_without_retention']], ['pass', 0]);
  assert.ok(Date.parse(String(after['immutable_until'])) > Date.now() + dayMs);
  const copies = jsonLines(await cliEnds(0, backupHost(), 'copies', '--json'));
  const rules = copies.find(({ type }) => type === 'copies')?.['rules'];
  assert.ok(Array.isArray(rules));
  const immutable = rules.find(({ rule }) => rule === 'immutable');
  assert.equal(immutable?.status, 'met', JSON.stringify(immutable));
});

test('whoever restores brings everything back, and can neither write nor delete data', async () => {
  const thief = clientOf(keys.restore);
  for (const { Key } of (await everyVersion(clientOf(keys.admin))).filter(({ Key = '' }) =>
    /vault\/(data|index|snapshots|keys|config)/.test(Key),
  )) {
    const object = { Bucket: bucket, Key };
    await refuses(() => thief.send(new PutObjectCommand({ ...object, Body: 'x' })), 'AccessDenied', `${Key}`);
    await refuses(() => thief.send(new DeleteObjectCommand(object)), 'AccessDenied', `${Key}`);
  }
  const back = join(folder, 'back');
  await cliEnds(0, keeper(keys.restore), 'restore', 'uploads', '--to', back, '--yes');
  assert.deepEqual(compareTrees(join(folder, 'uploads'), join(back, folder, 'uploads')), []);
  const alone = join(folder, 'alone');
  const rescue: CliOptions = { ...options(keys.restore), environment: rescueEnvironment(keys.restore) };
  const location = `s3:${server.endpoint}/${bucket}/vault`;
  await cliEnds(0, rescue, 'rescue', 'restore', '--vault', location, '--to', alone);
  assert.deepEqual(compareTrees(join(folder, 'uploads'), join(alone, folder, 'uploads')), []);
});

test('points of another vault are copied into it with the key of the backup host', async () => {
  write('lifeboat.yaml', planText(true, '  here: { location: ./here, password: "${file:./password}" }\n'));
  const host = options(keys.backup);
  await cliEnds(0, host, 'vault', 'init', 'here', '--no-recovery-key');
  const saved = jsonLines(await cliEnds(0, host, 'backup', '--json'));
  const copy = saved.find(({ type }) => type === 'copy');
  assert.equal(copy?.['vault'], 'away', JSON.stringify(saved));
  await cliEnds(0, host, 'copy', '--to', 'away');
});

function rescueEnvironment({ accessKeyId, secretAccessKey }: RoleKeys) {
  return { ...server.environment, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
}

/** Its plan says that it only adds. */
function backupHost(): CliOptions {
  write('lifeboat.yaml', planText(true));
  return options(keys.backup);
}

/** Another machine with another plan, which does not only add. */
function keeper(holder: RoleKeys = keys.prune): CliOptions {
  write('lifeboat.yaml', planText(false));
  return options(holder);
}

type Version = { readonly Key?: string; readonly VersionId?: string };

async function everyVersion(client: S3Client): Promise<readonly Version[]> {
  const {
    Versions = [],
    DeleteMarkers = [],
    IsTruncated,
  } = await client.send(new ListObjectVersionsCommand({ Bucket: bucket }));
  assert.ok(!IsTruncated);
  assert.ok(DeleteMarkers.length >= 0);
  return Versions.map(({ Key = '', VersionId = '' }) => ({ Key, VersionId }));
}

function retention(
  object: { Bucket: string; Key: string | undefined; BypassGovernanceRetention?: boolean },
  RetainUntilDate: Date,
) {
  return new PutObjectRetentionCommand({ ...object, Retention: { Mode: 'GOVERNANCE', RetainUntilDate } });
}

function expireAll() {
  const Rules = [{ ID: 'all', Status: 'Enabled' as const, Filter: { Prefix: '' }, Expiration: { Days: 1 } }];
  return { Bucket: bucket, LifecycleConfiguration: { Rules } };
}

async function refuses(act: () => Promise<unknown>, name: string, what: string): Promise<void> {
  const refusal = await act().then(
    () => 'allowed',
    (error: Error) => error.name,
  );
  assert.equal(refusal, name, what);
}
