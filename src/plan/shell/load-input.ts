import { operandsOf, optionValue } from './call-options.ts';
import type { ProgramCall } from './program-call.ts';

/** The file that a program reads a backup from: behind `<`, or the archive that it is given. */
export function loadInput(call: ProgramCall): string | undefined {
  switch (call.program) {
    case 'mysql':
    case 'mariadb':
    case 'sqlite3':
      return redirected(call);
    case 'psql':
      return redirected(call) ?? optionValue(call, '-f', '--file')?.text;
    case 'pg_restore':
      return redirected(call) ?? operandsOf(call, pgRestoreValued).at(-1)?.text;
    case 'mongorestore':
      return redirected(call) ?? joined(call, '--archive=');
    case 'tar':
      return isExtracting(call) ? archiveOf(call) : undefined;
    case 'unzip':
      return operandsOf(call, ['-d', '-P', '-x'])[0]?.text;
    default:
      return undefined;
  }
}

const pgRestoreValued = [
  ...[
    '-d',
    '--dbname',
    '-h',
    '--host',
    '-p',
    '--port',
    '-U',
    '--username',
    '-j',
    '--jobs',
    '-n',
    '--schema',
    '-t',
  ],
  ...[
    '--table',
    '-F',
    '--format',
    '-L',
    '--use-list',
    '-f',
    '--file',
    '--role',
    '-S',
    '--superuser',
    '-I',
    '-P',
    '-T',
    '-N',
  ],
];

function redirected(call: ProgramCall): string | undefined {
  return call.command.redirections.find(({ operator }) => operator === '<' || operator === '0<')?.target.text;
}

function joined(call: ProgramCall, option: string): string | undefined {
  return call.args.find(({ text }) => text.startsWith(option))?.text.slice(option.length);
}

/** `tar -xzf`, `tar xzf`, `tar --extract`. */
export function isExtracting(call: ProgramCall): boolean {
  const [first] = call.args;
  return (
    call.args.some(
      ({ text }) => text === '--extract' || text === '--get' || /^-[a-zA-Z]*x[a-zA-Z]*$/.test(text),
    ) || /^[a-zA-Z]*x[a-zA-Z]*$/.test(first?.text ?? '')
  );
}

function archiveOf(call: ProgramCall): string | undefined {
  const at = call.args.findIndex(
    ({ text }, index) => /^-[a-zA-Z]*f$/.test(text) || (index === 0 && /^[a-zA-Z]*f$/.test(text)),
  );
  return at === -1 ? joined(call, '--file=') : call.args[at + 1]?.text;
}

/** The folder that an archive is unpacked into; the folder of the command when none is named. */
export function unpackTarget(call: ProgramCall): string | undefined {
  if (call.program === 'unzip') return optionValue(call, '-d')?.text ?? '.';
  if (call.program !== 'tar' || !isExtracting(call)) return undefined;
  return optionValue(call, '-C', '--directory')?.text ?? '.';
}
