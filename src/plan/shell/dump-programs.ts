/** What the programs are for that scripts of backups and restores are made of. */
import { hasOption, operandsOf, optionValue, subcommandOf } from './call-options.ts';
import type { ProgramCall } from './program-call.ts';
import type { ShellWord } from './shell-script.ts';

const databaseDumps = [
  'mysqldump',
  'mariadb-dump',
  'mysqlpump',
  'mydumper',
  'pg_dump',
  'pg_dumpall',
  'pg_basebackup',
  'mongodump',
  'xtrabackup',
  'mariabackup',
];

const databaseClients = ['mysql', 'mariadb', 'psql', 'pg_restore', 'mongorestore', 'sqlite3'];
const movers = ['tar', 'unzip', 'aws', 'gsutil', 'gcloud', 'az', 'azcopy', 'rclone', 'curl', 'wget', 'scp'];
const filters = ['cat', 'zcat', 'gunzip', 'zstd', 'zstdcat', 'bzip2', 'xz', 'gpg', 'age', 'openssl', 'rsync'];
const exporters = ['kubectl', 'terraform', 'tofu', 'etcdctl', 'redis-cli'];
const dataPrograms = [...databaseDumps, ...databaseClients, ...movers, ...filters, ...exporters];

/** Whether data that is to be kept or brought back passes through it. */
export function carriesData(program: string): boolean {
  return dataPrograms.includes(program.split('/').at(-1) ?? '');
}

/** Whether it writes a copy of a database. */
export function isDatabaseDump(program: string): boolean {
  return databaseDumps.includes(program);
}

const encrypters = [
  'gpg',
  'gpg2',
  'age',
  'rage',
  'ccrypt',
  'sops',
  'restic',
  'borg',
  'kopia',
  'rustic',
  'duplicity',
];

/** Whether it encrypts what passes through it. */
export function encrypts(call: ProgramCall): boolean {
  if (call.program === 'openssl') return /^(?:enc|smime|cms|pkeyutl)$/.test(call.args[0]?.text ?? '');
  if (call.program === 'mysqldump' || call.program === 'aws') return false;
  return encrypters.includes(call.program) && !hasOption(call, '--decrypt', '-d');
}

/** A copy of files or objects from one place to another. */
export interface Transfer {
  readonly call: ProgramCall;
  readonly from: ShellWord;
  readonly to: ShellWord;
  /** How the program makes what is missing at the source be missing at the target too: `--delete`; absent when it does not. */
  readonly deletes?: string;
}

interface TransferProgram {
  readonly valued: readonly string[];
  /** Words before the two places. */
  readonly skip: number;
  readonly deletes: readonly string[];
  /** It deletes without being asked to. */
  readonly mirrors?: true;
}

const awsValued = [
  '--profile',
  '--region',
  '--endpoint-url',
  '--exclude',
  '--include',
  '--sse',
  '--sse-kms-key-id',
  '--sse-c',
  '--sse-c-key',
  '--storage-class',
  '--acl',
  '--content-type',
  '--cache-control',
  '--metadata',
  '--source-region',
  '--expected-size',
  '--page-size',
  '--output',
  '--metadata-directive',
  '--request-payer',
  '--copy-props',
];
const rsyncValued = [
  '-e',
  '--rsh',
  '--exclude',
  '--include',
  '--exclude-from',
  '--bwlimit',
  '--backup-dir',
  '--link-dest',
  '-f',
  '--filter',
  '--files-from',
  '--password-file',
  '--timeout',
  '--port',
  '--partial-dir',
  '--log-file',
  '--suffix',
  '-T',
  '--temp-dir',
  '--chown',
  '--chmod',
];
const rsyncDeletes = [
  '--delete',
  '--del',
  '--delete-before',
  '--delete-during',
  '--delete-delay',
  '--delete-after',
  '--delete-excluded',
];

/** By the program and the words that choose what it does. */
const transfers: Readonly<Record<string, TransferProgram>> = {
  'aws s3 cp': { valued: awsValued, skip: 2, deletes: [] },
  'aws s3 mv': { valued: awsValued, skip: 2, deletes: [] },
  'aws s3 sync': { valued: awsValued, skip: 2, deletes: ['--delete'] },
  'gsutil cp': { valued: ['-L', '-z', '-h', '-o'], skip: 1, deletes: [] },
  'gsutil rsync': { valued: ['-x', '-y', '-a', '-o'], skip: 1, deletes: ['-d'] },
  'gcloud storage cp': { valued: [], skip: 2, deletes: [] },
  'gcloud storage rsync': { valued: [], skip: 2, deletes: ['--delete-unmatched-destination-objects'] },
  'azcopy copy': { valued: [], skip: 1, deletes: [] },
  'azcopy cp': { valued: [], skip: 1, deletes: [] },
  'azcopy sync': { valued: [], skip: 1, deletes: ['--delete-destination'] },
  'rclone copy': { valued: ['--config', '--transfers'], skip: 1, deletes: [] },
  'rclone copyto': { valued: ['--config', '--transfers'], skip: 1, deletes: [] },
  'rclone move': { valued: ['--config', '--transfers'], skip: 1, deletes: [] },
  'rclone sync': { valued: ['--config', '--transfers'], skip: 1, deletes: [], mirrors: true },
  's3cmd put': { valued: ['-c'], skip: 1, deletes: [] },
  's3cmd sync': { valued: ['-c'], skip: 1, deletes: ['--delete-removed'] },
  'mc cp': { valued: [], skip: 1, deletes: [] },
  'mc mirror': { valued: [], skip: 1, deletes: ['--remove'] },
  rsync: { valued: rsyncValued, skip: 0, deletes: rsyncDeletes },
  scp: { valued: ['-i', '-P', '-o', '-F', '-c', '-l', '-J'], skip: 0, deletes: [] },
  robocopy: { valued: [], skip: 0, deletes: ['/MIR', '/mir', '/PURGE', '/purge'] },
};

/** What a call copies; nothing when it is none, or its places cannot be told. */
export function transferOf(call: ProgramCall): Transfer | undefined {
  const key = [
    `${call.program} ${subcommandOf(call, 2)}`,
    `${call.program} ${subcommandOf(call, 1)}`,
    call.program,
  ].find((each) => Object.hasOwn(transfers, each));
  const known = key === undefined ? undefined : transfers[key];
  if (known === undefined) return undefined;
  const [from, to] = operandsOf(call, known.valued)
    .filter(({ text }) => !/^\/[A-Za-z]+(?::\w+)?$/.test(text) || call.program !== 'robocopy')
    .slice(known.skip);
  if (from === undefined || to === undefined) return undefined;
  const option = known.deletes.find((name) => hasDeleting(call, name));
  const deletes = option ?? (known.mirrors === true ? key : undefined);
  return { call, from, to, ...(deletes === undefined ? {} : { deletes }) };
}

function hasDeleting(call: ProgramCall, name: string): boolean {
  if (name === '--delete-destination') return /^(?:true|prompt)$/.test(optionValue(call, name)?.text ?? '');
  return name.startsWith('/') ? call.args.some(({ text }) => text === name) : hasOption(call, name);
}

/** Whether it only shows what it would do. */
export function isTrial(call: ProgramCall): boolean {
  return hasOption(call, '--dryrun', '--dry-run', '-n') || call.args.some(({ text }) => text === '/L');
}

/** Whether a place is on another machine or in a store: `s3://…`, `host:/path`, `remote:path`. */
export function isElsewhere(place: string): boolean {
  return /^(?:[a-z][a-z0-9+.-]*:\/\/|[\w.@${}-]+:)/i.test(place);
}
