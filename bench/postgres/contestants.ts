/** What each program is called with to back the cluster up and to lay it out again, with both cores and zstd. */
import fs from 'node:fs';
import path from 'node:path';
import type { Command } from '../measure.ts';
import { type Cluster, programs } from './cluster.ts';

export interface Contestant {
  readonly name: 'lifeboat' | 'pgBackRest' | 'Barman';
  /** Where what it stores lies. */
  readonly repository: string;
  /** What is not measured. */
  prepare(): void;
  backup(): Command;
  /** Into an empty folder of the server's user. */
  restore(to: string): Command;
}

/** For the server, so that both peers find the log where they want it. */
export function archiveCommand(folder: string): string {
  const incoming = path.join(folder, 'barman', 'x', 'incoming');
  return `pgbackrest --config=${folder}/pgbackrest.conf --stanza=x archive-push %p && cp %p ${incoming}/%f`;
}

/** Two processes and level 3; the server checks its pages in all three. It does not encrypt here, we always do. */
export function pgBackRest({ as, run, data, port, folder: socket }: Cluster, folder: string): Contestant {
  const settings = ['--config', path.join(folder, 'pgbackrest.conf'), '--stanza=x'];
  return {
    name: 'pgBackRest',
    repository: path.join(folder, 'pgbackrest', 'backup'),
    prepare: () => {
      const lines = [
        ...[
          '[global]',
          `repo1-path=${folder}/pgbackrest`,
          `lock-path=${folder}/lock`,
          `spool-path=${folder}/spool`,
        ],
        ...['log-level-console=warn', 'log-level-file=off', 'process-max=2', 'start-fast=y'],
        ...['compress-type=zst', 'compress-level=3', 'repo1-retention-full=99'],
        ...['[x]', `pg1-path=${data}`, `pg1-port=${port}`, `pg1-socket-path=${socket}`],
      ];
      fs.writeFileSync(path.join(folder, 'pgbackrest.conf'), `${lines.join('\n')}\n`);
      run('pgbackrest', ...settings, 'stanza-create');
    },
    backup: () => as('pgbackrest', ...settings, '--type=full', 'backup'),
    restore: (to) => as('pgbackrest', ...settings, `--pg1-path=${to}`, 'restore'),
  };
}

/** Over the replication protocol, by pg_basebackup, whose server compresses. */
export function barman({ as, run, port, folder: socket }: Cluster, folder: string): Contestant {
  const home = path.join(folder, 'barman');
  const settings = ['-q', '-c', path.join(folder, 'barman.conf')];
  return {
    name: 'Barman',
    repository: path.join(home, 'x', 'base'),
    prepare: () => {
      const server = `host=${socket} port=${port} user=postgres dbname=postgres`;
      const lines = [
        ...['[barman]', 'barman_user = postgres', `barman_home = ${home}`, `barman_lock_directory = ${home}`],
        ...[`log_file = ${folder}/barman.log`, '[x]', 'description = x', `conninfo = ${server}`],
        ...[`streaming_conninfo = ${server}`, 'backup_method = postgres', 'archiver = on'],
        ...['backup_compression = zstd', 'backup_compression_level = 3', 'immediate_checkpoint = true'],
        `path_prefix = ${programs}`,
      ];
      fs.writeFileSync(path.join(folder, 'barman.conf'), `${lines.join('\n')}\n`);
      run('barman', ...settings, 'cron');
      run('barman', ...settings, 'switch-wal', '--force', '--archive', 'x');
    },
    backup: () => as('barman', ...settings, 'backup', 'x'),
    restore: (to) =>
      as('barman', ...settings, 'recover', '--recovery-staging-path', folder, 'x', 'latest', to),
  };
}

const child = path.join(import.meta.dirname, 'lifeboat-child.ts');

/** The source and the vault alone, in a process of their own. */
export function lifeboat({ port, folder: socket }: Cluster, folder: string): Contestant {
  const repository = path.join(folder, 'vault');
  const act = (...values: readonly string[]): Command => ({
    file: process.execPath,
    arguments: ['--max-semi-space-size=4', child, repository, ...values],
    environment: {},
  });
  return {
    name: 'lifeboat',
    repository,
    prepare: () => fs.mkdirSync(repository),
    backup: () => act('backup', socket, String(port)),
    restore: (to) => act('restore', to),
  };
}
