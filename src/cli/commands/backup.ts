/** `lifeboat backup`: what the plan says, or paths without a plan. */
import { vaultOptions } from '../choose-vault.ts';
import type { AppContext } from '../cli-context.ts';
import type { Command } from '../command.ts';

export const backup: Command<AppContext> = {
  description:
    'Backs up the systems of the plan, all or those named, into their vaults, and reads every point back. ' +
    'With --path it backs up folders and files as one snapshot, without a plan. Unchanged files are skipped ' +
    'by the newest snapshot of the same host and paths. What cannot be read makes the snapshot incomplete ' +
    'and the exit code 3.',
  arguments: [{ name: 'SYSTEM', kind: 'any', description: 'only these systems of the plan' }],
  options: [
    ...vaultOptions,
    { flag: '--path', value: 'DIR', description: 'what to back up without a plan', repeatable: true },
    {
      flag: '--exclude',
      value: 'PATTERN',
      description: 'leave out what matches, in gitignore syntax',
      repeatable: true,
    },
    { flag: '--exclude-caches', description: 'leave out what is in folders with a CACHEDIR.TAG' },
    { flag: '--one-file-system', description: 'do not enter other file systems' },
    { flag: '--tag', value: 'TAG', description: 'put a tag on the snapshot', repeatable: true },
    { flag: '--host', value: 'NAME', description: "write this instead of the machine's name" },
    { flag: '--full', description: 'read every file again, also those that seem unchanged' },
  ],
  examples: [
    { line: 'lifeboat backup', says: 'every system of ./lifeboat.yaml' },
    { line: 'lifeboat backup orders-db', says: 'one system' },
    {
      line: 'lifeboat backup --vault /mnt/backup/vault --path /srv/uploads --path /etc',
      says: 'two folders into one snapshot',
    },
    {
      line: "lifeboat backup --vault /mnt/backup/vault --path ~ --exclude '*.tmp' --exclude-caches",
      says: 'the home folder without what can be made again',
    },
  ],
  run: async (context, input) => {
    if (input.values('--path').length > 0) {
      // what reads plans takes longer to load than all the rest
      const { backupPaths } = await import('../backup-paths.ts');
      return await backupPaths(context, input);
    }
    const { planBackup } = await import('../plan/plan-backup.ts');
    return await planBackup(context, input);
  },
};
