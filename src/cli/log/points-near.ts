/** `points --near`: the transactions that ended around a moment, and how to return to just before one of them. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { parseDuration } from '../../plan/duration.ts';
import { absolutePath } from '../../platform/absolute-path.ts';
import type { AppContext } from '../cli-context.ts';
import type { CommandEnd } from '../command.ts';
import type { OptionSpec } from '../command-spec.ts';
import type { Input } from '../input.ts';
import { momentOf } from '../moment-of.ts';
import type { PlanSession } from '../plan/plan-session.ts';
import { openPlanVaults } from '../plan/plan-vaults.ts';
import { bytesText, plural } from '../quantity-text.ts';
import { joinedLog } from './joined-log.ts';
import type { AroundAnswer, FoundStatement, LogTools, TransactionEnd } from './log-tools.ts';
import { type LoggedSystem, loggedSystems } from './logged-systems.ts';

export const nearOptions: readonly OptionSpec[] = [
  {
    flag: '--near',
    value: 'TIME',
    description:
      'of a system with a log: the transactions that were committed or rolled back around this time',
  },
  {
    flag: '--within',
    value: 'DURATION',
    description: 'with --near: how far before and behind (default: 5 min)',
  },
  {
    flag: '--server-log',
    value: 'FILE',
    description: 'with --near: a log file of the server, whose statements are shown with their transactions',
  },
  {
    flag: '--log-line-prefix',
    value: 'PREFIX',
    description:
      "with --server-log: the server's log_line_prefix, which has %x in it (default: '%m [%p] %x '); not needed for csvlog and jsonlog",
  },
];

const withinMsDefault = 5 * 60_000;
const prefixDefault = '%m [%p] %x ';
/** More lines than anybody reads; with --last others. */
const transactionsMax = 1000;

/** `last`: the nearest so many. Raises USAGE, and what opening and reading the log raises. */
export async function pointsNear(
  context: AppContext,
  input: Input,
  session: PlanSession,
  last: number,
): Promise<CommandEnd> {
  const each = theSystem(session, input.list('SYSTEM'));
  const atMs = momentOf(input.value('--near') ?? '', session.plan.metadata.timeZone, context);
  const withinMs = withinOf(input.value('--within'));
  const tools = await context.adapters.logs.tools();
  await using vaults = openPlanVaults(context, session);
  const log = await joinedLog(context, { session, vaults, each });
  const limit = Math.min(last, transactionsMax);
  const { signal } = context;
  const found = await tools.transactionsAround(log, { atMs, withinMs, limit, signal });
  const statements = await statementsOf(context, input, tools, found.transactions);
  for (const transaction of found.transactions)
    await tell(context, tools, each.system.name, transaction, statements.get(transaction.xid) ?? []);
  await tellEnd(context, each.system.name, found);
  const summary = {
    ...{ transactions: found.transactions.length, cut: found.isCut, whole: found.isWhole },
    heartbeats: found.heartbeats,
    ...{ bytes_read: found.bytesRead, vaults: log.names },
  };
  return found.isWhole ? { summary } : { summary, error: notWhole(each.system.name) };
}

/** What belongs to `--near` says nothing without it. Raises USAGE. */
export function refuseWithoutNear(input: Input): void {
  const orphan = ['--within', '--server-log', '--log-line-prefix'].find(
    (flag) => input.value(flag) !== undefined,
  );
  if (orphan !== undefined) throw usage(`${orphan} says nothing without --near`, 'Add --near TIME.');
}

function theSystem({ plan }: PlanSession, names: readonly string[]): LoggedSystem {
  const [first, ...others] = loggedSystems(plan, names);
  if (first !== undefined && others.length === 0) return first;
  const known = [first, ...others].flatMap((each) => each?.system.name ?? []);
  throw usage('--near looks at one system', `Name one of: ${known.join(', ')}.`);
}

function withinOf(text: string | undefined): number {
  if (text === undefined) return withinMsDefault;
  const parsed = parseDuration(text);
  if (parsed.ok && parsed.value > 0) return parsed.value;
  throw usage(`"${text}" is no length of time`, 'Write it as "5 min" or "30 s".');
}

async function statementsOf(
  { folder, signal }: AppContext,
  input: Input,
  tools: LogTools,
  transactions: readonly TransactionEnd[],
): Promise<ReadonlyMap<number, readonly FoundStatement[]>> {
  const file = input.value('--server-log');
  const prefix = input.value('--log-line-prefix');
  if (file === undefined) {
    if (prefix === undefined) return new Map();
    throw usage('--log-line-prefix says nothing without --server-log', 'Add --server-log FILE.');
  }
  return await tools.statements({
    ...{ file: absolutePath(file, folder), prefix: prefix ?? prefixDefault, transactions, signal },
  });
}

async function tell(
  { output }: AppContext,
  tools: LogTools,
  system: string,
  transaction: TransactionEnd,
  statements: readonly FoundStatement[],
): Promise<void> {
  const { kind, timeline, xid, atUs, start, end, subtransactions } = transaction;
  const record = {
    type: 'transaction',
    ...{ system, kind, timeline, xid, at: timeText(atUs) },
    ...{ lsn: tools.positionText(start), end_lsn: tools.positionText(end), subtransactions, statements },
    restore_before: kind === 'commit' ? `before-xid:${xid}` : undefined,
  };
  const word = kind === 'commit' ? 'commit  ' : output.style.dim('rollback');
  const subs =
    subtransactions.length === 0 ? '' : `  with ${plural(subtransactions.length, 'subtransaction')}`;
  const line = `${timeText(atUs)}  ${word}  xid ${xid}  ${tools.positionText(start)}  timeline ${timeline}${subs}`;
  const said = statements.map(
    ({ text, by }) => `    ${text.replaceAll(/\s+/g, ' ')}${by === 'time' ? '  (by its time)' : ''}`,
  );
  await output.result(record, [line, ...said].join('\n'));
}

async function tellEnd({ output }: AppContext, system: string, found: AroundAnswer): Promise<void> {
  const { transactions, isCut, bytesRead, heartbeats } = found;
  if (heartbeats > 0) await output.text(`${plural(heartbeats, 'heartbeat')} of Lifeboat left out`);
  if (transactions.length === 0) await output.text('no transaction was committed or rolled back then');
  if (isCut) await output.text('only the nearest are shown: give a shorter --within');
  const commit = transactions.find(({ kind }) => kind === 'commit');
  const xid = commit?.xid ?? 'N';
  await output.text(
    `${bytesText(bytesRead)} of log read. To the state just before one of them: lifeboat restore ${system} --to DIR --until before-xid:${xid}`,
  );
}

/** `2026-11-20 02:44:07.123456 UTC`. */
function timeText(atUs: number): string {
  const micros = String(((atUs % 1_000_000) + 1_000_000) % 1_000_000).padStart(6, '0');
  const seconds = new Date(Math.floor(atUs / 1_000_000) * 1000).toISOString().slice(0, 19);
  return `${seconds.replace('T', ' ')}.${micros} UTC`;
}

function notWhole(system: string): LifeboatError {
  return new LifeboatError(
    'LOG_GAP',
    'the vaults do not hold all of the log of that time: there may be more',
    {
      hint: `Run \`lifeboat log status ${system}\` to see what there is.`,
    },
  );
}

function usage(message: string, hint: string): LifeboatError {
  return new LifeboatError('USAGE', message, { hint });
}
