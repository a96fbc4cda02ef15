import { hasSecretArgument } from '../command-secrets.ts';
import type { PlanEdit } from '../plan-edit.ts';
import { isWrapped } from '../shell/artefact-name.ts';
import { type WrongOption, wrongOptions } from '../shell/known-mistakes.ts';
import { loadInput } from '../shell/load-input.ts';
import type { ProgramCall } from '../shell/program-call.ts';
import { ofLine, shortWords } from './command-place.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { type PlanCommand, planCommands } from './plan-commands.ts';

export const commandCannotWork: LintRule = {
  id: 'command-cannot-work',
  number: 'T13',
  severity: 'error',
  title: 'a command of the plan cannot run',
  explanation:
    'The command is not one that a shell or the named program understands, so it fails or does nothing each time. ' +
    'A check that cannot run proves nothing, and a step that cannot run is found out during the disaster.',
  fix: 'Correct the command, and run it once on a sandbox before the plan relies on it.',
  check: (_plan, _facts, written) =>
    planCommands(written).flatMap((command) => [
      ...statementHits(command),
      ...command.read.calls.flatMap((call) => [...optionHits(command, call), ...inputHits(command, call)]),
    ]),
};

/** Statements of SQL where a program is expected: one hit for all of a command. */
function statementHits(command: PlanCommand): readonly LintHit[] {
  const statements = command.read.calls.filter(isStatement);
  const [first] = statements;
  if (first === undefined) return [];
  const lines = [...new Set(statements.map(({ line }) => line))];
  const place =
    lines.length === 1
      ? ofLine(command, first.line)
      : ` (lines ${lines.slice(0, 8).join(', ')} of the command)`;
  return [
    {
      at: command.at,
      message: `${first.program.slice(0, 20)} is a statement of SQL, and the shell looks for a program of that name${place}`,
      suggestion: `give it to the client: mysql -e "${first.program} …" or psql -c "${first.program} …"; or use a check of kind sql`,
    },
  ];
}

/** The second word decides for those that might be programs. */
const statements: Readonly<Record<string, RegExp>> = {
  SELECT: /./,
  INSERT: /^(?:INTO|IGNORE)$/i,
  UPDATE: /./,
  DELETE: /^FROM$/i,
  CREATE: /^(?:TABLE|DATABASE|INDEX|VIEW|USER|SCHEMA|ROLE|TEMPORARY|UNIQUE)$/i,
  DROP: /^(?:TABLE|DATABASE|INDEX|VIEW|USER|SCHEMA|ROLE)$/i,
  ALTER: /^(?:TABLE|DATABASE|USER|SYSTEM|ROLE)$/i,
  TRUNCATE: /^TABLE$/i,
  CHECK: /^TABLE$/i,
  ANALYZE: /^TABLE$/i,
  REPAIR: /^TABLE$/i,
  OPTIMIZE: /^TABLE$/i,
  SHOW: /^(?:TABLES|DATABASES|STATUS|SLAVE|REPLICA|MASTER|BINARY|CREATE|GLOBAL|VARIABLES)$/i,
  GRANT: /./,
  REVOKE: /./,
  PRAGMA: /./,
};

function isStatement({ program, args }: ProgramCall): boolean {
  const second = args[0]?.text;
  const pattern = Object.hasOwn(statements, program) ? statements[program] : undefined;
  if (pattern !== undefined) return second !== undefined && pattern.test(second);
  return program === 'select' && args.some(({ text }) => /^from$/i.test(text));
}

function optionHits(command: PlanCommand, call: ProgramCall): readonly LintHit[] {
  return wrongOptions(call).map((wrong) => {
    const { word, right, why } = wrong;
    const reason = why === undefined ? '' : `: ${why}`;
    const what = `${call.program}${call.program === 'aws' ? ` ${wordsOf(call)}` : ''}`;
    return {
      at: command.at,
      message: `${what} has no option ${word.text}${reason}${ofLine(command, call.line)}`,
      suggestion: right === undefined ? `leave out ${word.text}` : `write ${right}`,
      ...optionEdit(command, call, wrong),
    };
  });
}

function wordsOf(call: ProgramCall): string {
  return call.args
    .filter(({ text }) => !text.startsWith('-'))
    .slice(0, 2)
    .map(({ text }) => text)
    .join(' ');
}

function optionEdit(
  { at, text, shell }: PlanCommand,
  call: ProgramCall,
  { word, right }: WrongOption,
): { readonly edits?: readonly PlanEdit[] } {
  if (right === undefined || !shell || !call.isTopLevel || hasSecretArgument(text)) return {};
  if (text.slice(word.start, word.end) !== word.text) return {};
  return { edits: [{ kind: 'set', at, value: text.slice(0, word.start) + right + text.slice(word.end) }] };
}

/** What a client cannot read by itself. */
function inputHits(command: PlanCommand, call: ProgramCall): readonly LintHit[] {
  const input = loadInput(call);
  const problem = input === undefined ? undefined : inputProblem(call.program, input);
  if (input === undefined || problem === undefined) return [];
  const message = `${call.program} cannot read ${shortWords(input)}: ${problem.why}${ofLine(command, call.line)}`;
  return [{ at: command.at, message, suggestion: problem.instead }];
}

function inputProblem(
  program: string,
  input: string,
): { readonly why: string; readonly instead: string } | undefined {
  if (['mysql', 'mariadb', 'psql', 'sqlite3'].includes(program) && isWrapped(input))
    return {
      why: 'it is packed or encrypted',
      instead: 'unpack it first, and send the result to the client',
    };
  if (program === 'pg_restore' && /\.sql(?:\.\w+)?$/.test(input))
    return { why: 'a dump in SQL is for psql', instead: 'use psql, or dump with "pg_dump --format=custom"' };
  return undefined;
}
