/** What the programs are for that scripts of backups and restores are made of. */

const dumpers = [
  'mysqldump',
  'mariadb-dump',
  'mysqlpump',
  'mydumper',
  'pg_dump',
  'pg_dumpall',
  'pg_basebackup',
  'mongodump',
  'sqlite3',
  'xtrabackup',
  'mariabackup',
  'redis-cli',
  'influxd',
  'etcdctl',
  'tar',
  'kubectl',
  'terraform',
  'tofu',
];

const loaders = ['mysql', 'mariadb', 'psql', 'pg_restore', 'mongorestore', 'sqlite3', 'tar', 'unzip'];

const fetchers = [
  'aws',
  'gsutil',
  'gcloud',
  'az',
  'azcopy',
  'rclone',
  'curl',
  'wget',
  'scp',
  'rsync',
  's3cmd',
];

/** Whether data that is to be kept comes from it, or data that is to be restored passes through it. */
export function isDumper(program: string): boolean {
  const name = program.split('/').at(-1) ?? '';
  return (
    dumpers.includes(name) ||
    loaders.includes(name) ||
    fetchers.includes(name) ||
    /^(?:z|zstd|gun)?cat$|^gunzip$|^zstd$|^gpg$|^age$|^openssl$/.test(name)
  );
}

/** Whether it writes a copy of a database. */
export function isDatabaseDump(program: string): boolean {
  return /^(?:mysqldump|mariadb-dump|mysqlpump|mydumper|pg_dump|pg_dumpall|pg_basebackup|mongodump|xtrabackup|mariabackup)$/.test(
    program,
  );
}
