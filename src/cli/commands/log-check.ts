/** `lifeboat log check`: is the log in every vault whole and sound, and do the vaults agree? */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { compareLogs } from '../../log-archive/compare-logs.ts';
import type { LogFinding } from '../../log-archive/log-access.ts';
import type { Vault } from '../../vault/vault.ts';
import type { AppContext } from '../cli-context.ts';
import type { Command } from '../command.ts';
import { planOptions, profileOf } from '../load-plan.ts';
import { loggedSystems } from '../log/logged-systems.ts';
import { type VaultLogs, vaultLogs } from '../log/vault-logs.ts';
import { hintOfLog } from '../log-pieces.ts';
import { openPlan } from '../plan/plan-session.ts';
import { openPlanVaults } from '../plan/plan-vaults.ts';
import type { ProgressLine } from '../progress.ts';
import { bytesText, plural } from '../quantity-text.ts';

export const logCheck: Command<AppContext> = {
  description:
    'Looks for what is wrong with the logs of systems in every vault that holds them: pieces that are missing between others, ' +
    'names that are no name of a piece, and with --read-data every byte: damage, pieces that disagree, and vaults that disagree with one another. ' +
    'Damage ends with exit code 13. `lifeboat check` looks at the logs as well, with everything else of a vault, and keeps a record of it.',
  arguments: [{ name: 'SYSTEM', kind: 'any', description: 'only these systems' }],
  options: [
    ...planOptions,
    { flag: '--read-data', description: 'read every byte, and compare the vaults with one another' },
  ],
  examples: [
    { line: 'lifeboat log check', says: 'names alone, in seconds' },
    { line: 'lifeboat log check orders-db --read-data', says: 'every byte in every vault' },
  ],
  run: async (context, input) => {
    const session = await openPlan(input.value('--plan'), context.folder, profileOf(input));
    const systems = loggedSystems(session.plan, input.list('SYSTEM'));
    await using vaults = openPlanVaults(context, session);
    const total: Totals = { logs: 0, pieces: 0, bytesRead: 0, bytesCompared: 0, findings: 0, unread: [] };
    for (const each of systems) {
      const logs = await vaultLogs(vaults, each, context.signal);
      await checkSystem(context, each.system.name, logs, input.has('--read-data'), total);
    }
    const { unread, ...summary } = total;
    const error = total.findings > 0 ? damaged(total.findings) : unread[0];
    return {
      summary: { ...summary, not_read: unread.length },
      ...(error === undefined ? {} : { error }),
    };
  },
};

interface Totals {
  logs: number;
  pieces: number;
  bytesRead: number;
  bytesCompared: number;
  findings: number;
  readonly unread: LifeboatError[];
}

async function checkSystem(
  context: AppContext,
  system: string,
  logs: readonly VaultLogs[],
  readsData: boolean,
  total: Totals,
): Promise<void> {
  using progress = context.output.progress('log check');
  const counter = createCounter(progress);
  for (const held of logs) tellUnread(context, system, held, total);
  for (const { name, vault, incarnations } of logs)
    for (const incarnation of incarnations)
      if (vault !== undefined) {
        counter.phase(`${system} in ${name}`);
        await checkOne(context, { vault, system, name, incarnation, readsData }, total);
      }
  if (readsData) await compareVaults(context, system, logs, total, counter);
}

function tellUnread(
  { output }: AppContext,
  system: string,
  { name, trouble, incarnations }: VaultLogs,
  total: Totals,
): void {
  if (trouble !== undefined) {
    total.unread.push(trouble);
    output.warn(`vault ${name}: ${trouble.message}${trouble.hint === undefined ? '' : `. ${trouble.hint}`}`);
  } else if (incarnations.length === 0) {
    const nothing = new LifeboatError('LOG_GAP', `vault ${name} holds nothing of the log of ${system}`, {
      hint: 'Run `lifeboat up`, which carries the log into the vaults of the plan.',
    });
    total.unread.push(nothing);
    output.warn(nothing.message);
  }
}

interface OneLog {
  readonly vault: Vault;
  readonly system: string;
  /** Of the vault in the plan. */
  readonly name: string;
  readonly incarnation: string;
  readonly readsData: boolean;
}

async function checkOne(
  context: AppContext,
  { vault, system, name, incarnation, readsData }: OneLog,
  total: Totals,
): Promise<void> {
  const { output, signal } = context;
  const log = vault.log({ system, incarnation });
  const { pieces, bytesRead, findings } = await log.check({ reads: () => readsData, signal });
  total.logs++;
  total.pieces += pieces;
  total.bytesRead += bytesRead;
  await tell(context, { system, vault: name, incarnation }, findings, total);
  const read = readsData ? `${bytesText(bytesRead)} read` : 'names only';
  const word = findings.length === 0 ? output.style.green('sound') : output.style.red('damaged');
  await output.result(
    {
      type: 'log',
      ...{ system, vault: name, incarnation, pieces, bytes_read: bytesRead, findings: findings.length },
    },
    `${word}  ${system} in ${name}, cluster ${incarnation}: ${plural(pieces, 'object')} (${read})`,
  );
}

/** Each with the first that holds a log of the same cluster: equal to it, they are equal to each other. */
async function compareVaults(
  context: AppContext,
  system: string,
  logs: readonly VaultLogs[],
  total: Totals,
  counter: Counter,
): Promise<void> {
  for (const incarnation of new Set(logs.flatMap(({ incarnations }) => incarnations))) {
    const name = { system, incarnation };
    const [first, ...others] = logs.filter(({ incarnations }) => incarnations.includes(incarnation));
    for (const other of others) {
      if (first?.vault === undefined || other.vault === undefined) continue;
      counter.phase(`${system}: ${first.name} and ${other.name}`);
      const { findings, bytesCompared } = await compareLogs({
        ...{ first: first.vault.log(name), firstName: first.name, second: other.vault.log(name) },
        progress: counter.add,
        signal: context.signal,
      });
      total.bytesCompared += bytesCompared;
      await tell(context, { system, vault: other.name, incarnation }, findings, total);
      await context.output.result(
        {
          type: 'comparison',
          ...{ system, incarnation, vaults: [first.name, other.name], bytes: bytesCompared },
          same: findings.length === 0 && bytesCompared > 0,
        },
        `${comparisonWord(context, findings.length, bytesCompared)}  ${first.name} and ${other.name}: ${bytesText(bytesCompared)} compared`,
      );
    }
  }
}

function comparisonWord({ output }: AppContext, findings: number, bytesCompared: number): string {
  if (findings > 0) return output.style.red('unequal');
  // vaults that hold nothing of the same log agree about nothing
  return bytesCompared === 0 ? output.style.yellow('nothing to compare') : output.style.green('equal');
}

async function tell(
  { output }: AppContext,
  about: { readonly system: string; readonly vault: string; readonly incarnation: string },
  findings: readonly LogFinding[],
  total: Totals,
): Promise<void> {
  for (const finding of findings) {
    const { key, what, kind } = finding;
    const hint = hintOfLog(finding);
    const advice = hint === '' ? '' : `\n  → ${hint}`;
    await output.result(
      { type: 'finding', ...about, severity: 'error', kind, object: key, what, hint },
      `${output.style.red('damage')}: ${about.vault}: ${key}: ${what}${advice}`,
    );
  }
  total.findings += findings.length;
}

interface Counter {
  readonly phase: (words: string) => void;
  readonly add: (bytes: number) => void;
}

function createCounter(progress: ProgressLine): Counter {
  let [phase, doneBytes] = ['', 0];
  const report = (): void => progress.report({ phase, doneFiles: 0, doneBytes });
  return {
    phase: (words) => {
      phase = words;
      report();
    },
    add: (bytes) => {
      doneBytes += bytes;
      report();
    },
  };
}

function damaged(count: number): LifeboatError {
  return new LifeboatError('VAULT_DAMAGED', `the logs have damage: ${plural(count, 'finding')}`, {
    hint: 'Take a new base backup with `lifeboat backup`: what comes after it needs nothing of what is damaged. Then find out what did it.',
    details: { findings: count },
  });
}
