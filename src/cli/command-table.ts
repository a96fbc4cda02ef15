/**
 * Every command, in the order of the help. Adding one: a file in `commands/` and a row here. The rows load
 * nothing; `root` says how much of Lifeboat the command needs: `rescue` stores only, `app` sources as well.
 */
import type { CommandEntry } from './command.ts';

export const commandTable: readonly CommandEntry[] = [
  {
    name: 'quickstart',
    summary: 'see a disaster and the way back, on a shop made for it',
    root: 'app',
    load: async () => (await import('./commands/quickstart.ts')).quickstart,
  },
  {
    name: 'init',
    summary: 'make a plan for a folder, with its vaults and keys',
    root: 'app',
    load: async () => (await import('./commands/init.ts')).init,
  },
  {
    name: 'lint',
    summary: 'say what is wrong with a plan, and what it cannot keep',
    root: 'app',
    load: async () => (await import('./commands/lint.ts')).lint,
  },
  {
    name: 'plan show',
    summary: 'print the plan as it is understood',
    root: 'app',
    load: async () => (await import('./commands/plan-show.ts')).planShow,
  },
  {
    name: 'plan explain',
    summary: 'say where a value comes from, and what it means',
    root: 'app',
    load: async () => (await import('./commands/plan-explain.ts')).planExplain,
  },
  {
    name: 'plan diff',
    summary: 'say in words what another plan changes',
    root: 'app',
    load: async () => (await import('./commands/plan-diff.ts')).planDiff,
  },
  {
    name: 'plan simulate',
    summary: 'foresee a disaster: what is lost, and when all is back',
    root: 'app',
    load: async () => (await import('./commands/plan-simulate.ts')).planSimulate,
  },
  {
    name: 'backup',
    summary: 'take a backup',
    root: 'app',
    load: async () => (await import('./commands/backup.ts')).backup,
  },
  {
    name: 'verify',
    summary: 'prove recovery points by restoring them',
    root: 'app',
    load: async () => (await import('./commands/verify.ts')).verify,
  },
  {
    name: 'status',
    summary: 'how each system stands against its objectives',
    root: 'app',
    load: async () => (await import('./commands/status.ts')).status,
  },
  {
    name: 'points',
    summary: 'list what each system can return to',
    root: 'app',
    load: async () => (await import('./commands/points.ts')).points,
  },
  {
    name: 'forget',
    summary: 'give up points that retention no longer keeps',
    root: 'app',
    load: async () => (await import('./commands/forget.ts')).forget,
  },
  {
    name: 'pin',
    summary: 'hold points: retention must not touch them',
    root: 'app',
    load: async () => (await import('./commands/pin.ts')).pin,
  },
  {
    name: 'unpin',
    summary: 'release points that are held',
    root: 'app',
    load: async () => (await import('./commands/unpin.ts')).unpin,
  },
  {
    name: 'restore',
    summary: 'bring systems back',
    root: 'app',
    load: async () => (await import('./commands/restore.ts')).restore,
  },
  {
    name: 'run-due',
    summary: 'one pass over what the schedule owes, for cron',
    root: 'app',
    load: async () => (await import('./commands/run-due.ts')).runDue,
  },
  {
    name: 'up',
    summary: 'keep the plan in the foreground, for systemd',
    root: 'app',
    load: async () => (await import('./commands/up.ts')).up,
  },
  {
    name: 'check',
    summary: 'look for damage in a vault',
    root: 'rescue',
    load: async () => (await import('./commands/check.ts')).check,
  },
  {
    name: 'snapshots',
    summary: 'list the snapshots of a vault',
    root: 'rescue',
    load: async () => (await import('./commands/snapshots.ts')).snapshots,
  },
  {
    name: 'ls',
    summary: 'list what a snapshot holds',
    root: 'rescue',
    load: async () => (await import('./commands/ls.ts')).ls,
  },
  {
    name: 'find',
    summary: 'find files in all snapshots',
    root: 'rescue',
    load: async () => (await import('./commands/find.ts')).find,
  },
  {
    name: 'dump',
    summary: 'print one file of a snapshot',
    root: 'rescue',
    load: async () => (await import('./commands/dump.ts')).dump,
  },
  {
    name: 'diff',
    summary: 'show what changed between two snapshots',
    root: 'rescue',
    load: async () => (await import('./commands/diff.ts')).diff,
  },
  {
    name: 'stats',
    summary: 'count what the snapshots hold and take',
    root: 'rescue',
    load: async () => (await import('./commands/stats.ts')).stats,
  },
  {
    name: 'vault init',
    summary: 'make a new vault, with a recovery key',
    root: 'rescue',
    load: async () => (await import('./commands/vault-init.ts')).vaultInit,
  },
  {
    name: 'key list',
    summary: 'list the keys that open a vault',
    root: 'rescue',
    load: async () => (await import('./commands/key-list.ts')).keyList,
  },
  {
    name: 'key add',
    summary: 'add a password or a recovery key',
    root: 'rescue',
    load: async () => (await import('./commands/key-add.ts')).keyAdd,
  },
  {
    name: 'key remove',
    summary: 'remove a key',
    root: 'rescue',
    load: async () => (await import('./commands/key-remove.ts')).keyRemove,
  },
  {
    name: 'unlock',
    summary: 'remove locks that processes left behind',
    root: 'rescue',
    load: async () => (await import('./commands/unlock.ts')).unlock,
  },
  {
    name: 'rescue snapshots',
    summary: 'list what there is, with a vault and a key alone',
    root: 'rescue',
    load: async () => (await import('./commands/rescue-snapshots.ts')).rescueSnapshots,
  },
  {
    name: 'rescue ls',
    summary: 'list what a snapshot holds',
    root: 'rescue',
    load: async () => (await import('./commands/rescue-ls.ts')).rescueLs,
  },
  {
    name: 'rescue check',
    summary: 'look for damage',
    root: 'rescue',
    load: async () => (await import('./commands/rescue-check.ts')).rescueCheck,
  },
  {
    name: 'rescue restore',
    summary: 'bring a snapshot back into a folder',
    root: 'rescue',
    load: async () => (await import('./commands/rescue-restore.ts')).rescueRestore,
  },
  {
    name: 'rescue plan',
    summary: 'take the plan out of the vault',
    root: 'rescue',
    load: async () => (await import('./commands/rescue-plan.ts')).rescuePlan,
  },
  {
    name: 'completion',
    summary: 'print the completion script of a shell',
    root: 'rescue',
    load: async () => (await import('./commands/completion.ts')).completion,
  },
  {
    name: 'help',
    summary: 'explain a command',
    root: 'rescue',
    load: async () => (await import('./commands/help.ts')).help,
  },
];
