/**
 * Every command, in the order of the help. Adding one: a file in `commands/` and a row here. The rows load
 * nothing; `root` says how much of Lifeboat the command needs: `rescue` stores only, `app` sources as well.
 */
import type { CommandEntry } from './command.ts';

export const commandTable: readonly CommandEntry[] = [
  {
    name: 'vault init',
    summary: 'make a new vault, with a recovery key',
    root: 'rescue',
    load: async () => (await import('./commands/vault-init.ts')).vaultInit,
  },
  {
    name: 'backup',
    summary: 'take a backup',
    root: 'app',
    load: async () => (await import('./commands/backup.ts')).backup,
  },
  {
    name: 'snapshots',
    summary: 'list the snapshots of a vault',
    root: 'rescue',
    load: async () => (await import('./commands/snapshots.ts')).snapshots,
  },
];
