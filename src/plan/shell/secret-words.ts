import { optionValue } from './call-options.ts';
import type { ProgramCall, ReadCommand } from './program-call.ts';
import type { ShellWord } from './shell-script.ts';

/** A secret that stands among the arguments of a program, or comes there when a variable is filled in. */
export interface SecretWord {
  readonly program: string;
  readonly line: number;
  /** `$DB_PASSWORD`, when all of it is one variable; never the secret. */
  readonly variable?: string;
}

export function secretWords(read: ReadCommand): readonly SecretWord[] {
  return read.calls.flatMap((call) => {
    const secret = secretOf(call);
    if (secret === undefined) return [];
    const variable = /^\$\{?[A-Za-z_]\w*\}?$/.exec(secret.text)?.[0];
    return [{ program: call.program, line: call.line, ...(variable === undefined ? {} : { variable }) }];
  });
}

/** Programs whose password follows `-p` without a blank; behind a blank it would be the name of a database. */
const joinedPassword = [
  'mysql',
  'mysqldump',
  'mysqladmin',
  'mysqlimport',
  'mysqlcheck',
  'mysqlbinlog',
  'mysqlpump',
  'mariadb',
  'mariadb-dump',
  'mariadb-admin',
];

const ownOptions: Readonly<Record<string, readonly string[]>> = {
  mongodump: ['-p'],
  mongorestore: ['-p'],
  mongoexport: ['-p'],
  mongoimport: ['-p'],
  mongosh: ['-p'],
  mongo: ['-p'],
  sshpass: ['-p'],
  'redis-cli': ['-a'],
  openssl: ['-k', '-pass', '-passin', '-passout'],
  zip: ['-P'],
};

const anyOptions = ['--password', '--passwd', '--pass', '--token', '--secret', '--api-key'];

function secretOf(call: ProgramCall): ShellWord | undefined {
  const found = givenSecret(call) ?? joinedSecret(call) ?? loginSecret(call);
  return found ?? call.args.find(({ text }) => /:\/\/[^\s/:@]*:[^\s@/]+@/.test(text));
}

function givenSecret(call: ProgramCall): ShellWord | undefined {
  const isJoined = joinedPassword.includes(call.program);
  const own = Object.hasOwn(ownOptions, call.program) ? (ownOptions[call.program] ?? []) : [];
  const names = isJoined ? [] : [...own, ...anyOptions.filter((name) => !isName(call.program, name))];
  const value = optionValue(call, ...names);
  return value === undefined || !isSecret(value.text) ? undefined : value;
}

/** `docker run --secret db-password` names a secret and does not tell it. */
function isName(program: string, option: string): boolean {
  return option === '--secret' && ['docker', 'podman', 'buildah'].includes(program);
}

/** Not the next option, a file or the standard input. */
function isSecret(text: string): boolean {
  return text !== '' && !/^(?:-|@|env:|file:|fd:|stdin$)/.test(text);
}

function joinedSecret(call: ProgramCall): ShellWord | undefined {
  if (!joinedPassword.includes(call.program)) return undefined;
  return call.args
    .map((word) => ({ ...word, text: /^(?:-p|--password=)(.+)$/s.exec(word.text)?.[1] ?? '' }))
    .find(({ text }) => text !== '');
}

function loginSecret(call: ProgramCall): ShellWord | undefined {
  if (call.program !== 'curl') return undefined;
  const login = optionValue(call, '-u', '--user');
  const password = login?.text.split(':').slice(1).join(':') ?? '';
  return login === undefined || password === '' ? undefined : { ...login, text: password };
}
