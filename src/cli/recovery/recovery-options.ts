/** The options of `restore` that say how far the log of a database is replayed. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { ResolvedSystem } from '../../plan/resolved-plan.ts';
import { absolutePath } from '../../platform/absolute-path.ts';
import type { RecoveredParts, RecoveryPlaces } from '../../restore/recovery-engine.ts';
import type { AppContext } from '../cli-context.ts';
import type { OptionSpec } from '../command-spec.ts';
import type { Input } from '../input.ts';
import type { RecoveryWish } from './plan-recovery.ts';

export const recoveryOptions = [
  {
    flag: '--until',
    value: 'TARGET',
    description:
      'of a database: replay its log up to a time, lsn:0/3000028, xid:740, name:POINT, end or consistent; before-time:, before-lsn: and before-xid: stop just before',
  },
  {
    flag: '--timeline',
    value: 'NUMBER',
    description: 'with --until: this line of history, latest (usual) or current, that of the base',
  },
  {
    flag: '--tablespace',
    value: 'OLD=NEW',
    description: 'with --until: where a tablespace goes, by its old folder or its OID',
    repeatable: true,
  },
  {
    flag: '--table',
    value: 'NAME',
    description: 'with --until: only this table, as a file of SQL in DIR',
    repeatable: true,
  },
  {
    flag: '--database',
    value: 'NAME',
    description:
      'with --until: only this database, as a file for pg_restore in DIR; with --table: whose tables they are',
    repeatable: true,
  },
] as const satisfies readonly OptionSpec[];

/** Flags whose values are said again when a command is repeated. */
export const recoveryFlags = recoveryOptions.map(({ flag }) => flag);

const targetForms =
  'Write a time such as "2026-11-20 02:44", lsn:0/3000028, xid:740, name:POINT, end or consistent; with before- in front of time:, lsn: or xid: it stops just before.';

/** `undefined` when no log is to be replayed. Raises USAGE, and RESTORE_REFUSED for what has no log. */
export async function recoveryWishOf(
  context: AppContext,
  input: Input,
  systems: readonly ResolvedSystem[],
  timeZone: string,
): Promise<RecoveryWish | undefined> {
  const text = input.value('--until');
  if (text === undefined) return refuseOrphans(input);
  refuseMixture(input, systems);
  const engine = await context.adapters.logs.recovery();
  const read = engine.readTarget(text, timeZone);
  if (!read.ok) throw usage(`--until ${text}: ${read.message}`, targetForms);
  context.output.note(`until ${read.target}`);
  const vault = input.value('--vault');
  const pointId = input.value('--point');
  return {
    ...{ target: read.target, branch: branchOf(input.value('--timeline')) },
    ...(vault === undefined ? {} : { vault }),
    ...(pointId === undefined ? {} : { pointId }),
  };
}

export function recoveryPlacesOf(input: Input, folder: string): RecoveryPlaces {
  const pairs = input.values('--tablespace').map((text) => {
    const at = text.lastIndexOf('=');
    if (at < 1 || at === text.length - 1)
      throw usage(
        `--tablespace ${text} is not OLD=NEW`,
        'Write the old folder or the OID, an equals sign, and the new folder.',
      );
    return [text.slice(0, at), absolutePath(text.slice(at + 1), folder)] as const;
  });
  return { tablespaces: new Map(pairs) };
}

/** `undefined` when all of it is to come back. `to` is absolute. */
export function recoveryPartsOf(input: Input, to: string): RecoveredParts | undefined {
  const tables = input.values('--table');
  const databases = input.values('--database');
  if (tables.length === 0 && databases.length === 0) return undefined;
  if (input.values('--tablespace').length > 0)
    throw usage('--tablespace moves nothing of single tables and databases', 'Leave it out.');
  if (tables.length === 0) return { databases, tables, to };
  const [ofDatabase, ...others] = databases;
  if (others.length > 0) throw usage('tables are of one --database', 'Restore one after the other.');
  return { databases: [], tables, to, ...(ofDatabase === undefined ? {} : { ofDatabase }) };
}

function refuseOrphans(input: Input): undefined {
  const [orphan] = recoveryFlags.filter((flag) => input.values(flag).length > 0);
  if (orphan !== undefined)
    throw usage(`${orphan} belongs to --until`, 'Say with --until how far the log is to be replayed.');
  return undefined;
}

function refuseMixture(input: Input, systems: readonly ResolvedSystem[]): void {
  const [system, ...others] = systems;
  if (system === undefined || others.length > 0)
    throw usage('--until belongs to one system', 'Restore one system after the other.');
  if (input.value('--at') !== undefined)
    throw usage(
      '--at and --until exclude each other',
      '--until finds the right point by itself; --point ID names another one.',
    );
  if (input.values('--include').length > 0)
    throw usage('--include and --until exclude each other', 'A server needs all of its files.');
  if (input.has('--in-place'))
    throw usage(
      '--until needs --to DIR',
      'The copy is made beside the server, and put in its place by you: `lifeboat promote DIR` says how.',
    );
  const { source } = system;
  if (source?.kind === 'postgres' && source.method === 'physical') return;
  throw new LifeboatError('RESTORE_REFUSED', `${system.name} has no log that could be replayed`, {
    hint: 'Leave --until out: --at TIME chooses the newest point at or before a time.',
  });
}

function branchOf(text: string | undefined): RecoveryWish['branch'] {
  if (text === undefined || text === 'latest') return 'latest';
  if (text === 'current') return text;
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
  throw usage(`--timeline ${text} is no timeline`, 'Write its number, latest or current.');
}

function usage(message: string, hint: string): LifeboatError {
  return new LifeboatError('USAGE', message, { hint });
}
