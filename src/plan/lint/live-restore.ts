import type { Plan } from '../plan-schema.ts';
import type { ResolvedPlan, ResolvedSystem } from '../resolved-plan.ts';
import { hasOption, operandsOf, optionValue } from '../shell/call-options.ts';
import type { ProgramCall } from '../shell/program-call.ts';
import type { ShellWord } from '../shell/shell-script.ts';
import { commandOfStep, type PlacedStep } from './runbook-steps.ts';

/** Whether a step writes restored data where people work with it. */
export function isLiveRestore(plan: ResolvedPlan, written: Plan, placed: PlacedStep): boolean {
  const { step } = placed;
  if (step.do === 'restore' && isForProduction(plan, step)) return true;
  if (step.do !== 'restore' && step.do !== 'command') return false;
  const command = commandOfStep(written, placed);
  return command?.read.calls.some((call) => loadsLiveDatabase(plan, call)) ?? false;
}

/** A destination says more than the word behind `to`. */
function isForProduction(
  plan: ResolvedPlan,
  step: { readonly to: string; readonly destination?: string },
): boolean {
  const named = step.destination;
  const destination =
    named !== undefined && Object.hasOwn(plan.destinations, named) ? plan.destinations[named] : undefined;
  return destination === undefined ? step.to === 'production' : destination.role === 'production';
}

/** A client that is fed a dump, and whose server is one that the plan protects or calls production. */
export function loadsLiveDatabase(plan: ResolvedPlan, call: ProgramCall): boolean {
  const target = loadTarget(call);
  if (target === undefined) return false;
  const { host, database } = target;
  if (/prod/i.test(host ?? '')) return true;
  if (/test|stag|sandbox|scratch|tmp/i.test(`${host ?? ''} ${database ?? ''}`)) return false;
  return plan.systems.some((system) => isServer(system, host, database));
}

interface LoadTarget {
  readonly host?: string;
  readonly database?: string;
}

const clientValued = [
  '-h',
  '-u',
  '-U',
  '-P',
  '-p',
  '-e',
  '-f',
  '-d',
  '-D',
  '--host',
  '--user',
  '--username',
  '--port',
  '--dbname',
  '--database',
  '-j',
  '--jobs',
  '-n',
  '-t',
  '--file',
  '-c',
  '--command',
  '-v',
];

/** Where a client writes what it is fed; nothing when it is fed nothing. */
export function loadTarget(call: ProgramCall): LoadTarget | undefined {
  const host = optionValue(call, '--host', '-h')?.text;
  const place = (database: ShellWord | undefined): LoadTarget => ({
    ...(host === undefined ? {} : { host }),
    ...(database === undefined ? {} : { database: database.text }),
  });
  const isFed =
    call.command.redirections.some(({ operator }) => operator === '<') || call.command.joint === '|';
  switch (call.program) {
    case 'mysql':
    case 'mariadb':
      if (!isFed || hasOption(call, '-e', '--execute')) return undefined;
      return place(optionValue(call, '--database', '-D') ?? operandsOf(call, clientValued)[0]);
    case 'psql':
      if (!isFed && optionValue(call, '-f', '--file') === undefined) return undefined;
      return place(optionValue(call, '--dbname', '-d') ?? operandsOf(call, clientValued)[0]);
    case 'pg_restore': {
      const database = optionValue(call, '--dbname', '-d');
      return database === undefined ? undefined : place(database);
    }
    case 'mongorestore':
      return place(optionValue(call, '--db', '-d'));
    default:
      return undefined;
  }
}

function isServer(system: ResolvedSystem, host: string | undefined, database: string | undefined): boolean {
  const { source } = system;
  if (source?.kind !== 'postgres' && source?.kind !== 'mysql') return false;
  const { connection } = source;
  if (connection.host !== undefined) return host !== undefined && sameText(connection.host, host);
  return (
    host === undefined && connection.database !== undefined && sameText(connection.database, database ?? '')
  );
}

/** A text or reference of the plan, and a word of a shell: `${env:DB_HOST}` is `$DB_HOST` there. */
export function sameText(
  given: { readonly kind: string; readonly value?: string; readonly name?: string },
  word: string,
): boolean {
  if (given.kind === 'literal') return given.value === word;
  return given.kind === 'env' && (word === `$${given.name}` || word === `\${${given.name}}`);
}
