/** The text of a new plan, with comments for the person who reads it next. */
import { dirname, relative } from 'node:path';
import { formatSecretReference, type SecretReference } from '../../plan/secret-reference.ts';
import type { ChosenSource, ChosenSystem, ChosenVault, InitChoices } from './init-choices.ts';
import { isWithin } from './propose-systems.ts';

export interface PlanText {
  readonly choices: InitChoices;
  readonly id: string;
  /** By vault; absent where the password comes from the environment. */
  readonly passwords: ReadonlyMap<string, SecretReference>;
}

export function planYaml(plan: PlanText): string {
  return [...head(plan), ...vaultLines(plan), ...objectiveLines(plan.choices), ...systemLines(plan.choices)]
    .join('\n')
    .concat('\n');
}

function head({ choices, id }: PlanText): readonly string[] {
  return [
    `# What must survive, how much may be lost, and where the backups go.`,
    '# "lifeboat lint" says what is wrong with this file, "lifeboat backup" runs it, "lifeboat verify" proves it.',
    'version: 1',
    '',
    'metadata:',
    `  id: ${id} # backups are found by it: keep it when you rename or move the plan`,
    `  name: ${scalar(choices.name)}`,
    `  owner: ${scalar(choices.owner)} # answers for the plan, and for systems that name no owner`,
    `  time_zone: ${scalar(choices.timeZone)}`,
    '',
  ];
}

function vaultLines({ choices, passwords }: PlanText): readonly string[] {
  const many = choices.vaults.length > 1;
  return [
    '# Where the backups go. The password is a reference: whoever reads this file learns no secret.',
    ...(many ? [] : ['# One vault is lost with its disk: a second one, somewhere else, belongs here.']),
    'vaults:',
    ...choices.vaults.flatMap((vault) => vaultEntry(vault, choices, passwords.get(vault.name))),
    '',
  ];
}

function vaultEntry(
  { name, role, path }: ChosenVault,
  { planFile }: InitChoices,
  password: SecretReference | undefined,
): readonly string[] {
  const from =
    password === undefined
      ? '    # its password comes from LIFEBOAT_PASSWORD, LIFEBOAT_PASSWORD_FILE or LIFEBOAT_PASSWORD_COMMAND'
      : `    password: ${scalar(formatSecretReference(password))}`;
  return [
    `  ${name}:`,
    `    location: ${scalar(placeInPlan(path, planFile))}`,
    `    role: ${role}`,
    from,
    ...(role === 'primary' ? [] : ['    # off_site: true # once it is where the fire is not']),
  ];
}

function objectiveLines({ rpo, rto }: InitChoices): readonly string[] {
  return [
    '# For every system that has none of its own.',
    'objectives:',
    `  rpo: ${scalar(rpo)} # how much may be lost, as time`,
    `  rto: ${scalar(rto)} # how fast it must be back`,
    '',
  ];
}

function systemLines(choices: InitChoices): readonly string[] {
  return [
    '# What must survive. Checks say what must be true of a restored copy before it counts as proven.',
    'systems:',
    ...choices.systems.flatMap((system, index) => [
      ...(index === 0 ? [] : ['']),
      ...systemEntry(system, choices),
    ]),
  ];
}

function systemEntry({ name, source }: ChosenSystem, choices: InitChoices): readonly string[] {
  return [
    `  ${name}:`,
    '    source:',
    ...sourceLines(source, choices.planFile).map((line) => `      ${line}`),
    `    schedule: ${scalar(choices.schedule)}`,
    '    checks:',
    ...checkLines(source).map((line) => `      ${line}`),
  ];
}

function sourceLines(source: ChosenSource, planFile: string): readonly string[] {
  const list = (paths: readonly string[]): string =>
    `[${paths.map((path) => quoted(placeInPlan(path, planFile))).join(', ')}]`;
  switch (source.kind) {
    case 'sqlite':
      return [
        'kind: sqlite # a consistent copy while it is in use',
        `path: ${scalar(placeInPlan(source.path, planFile))}`,
      ];
    case 'files': {
      const exclude = `exclude: [${source.exclude.map(quoted).join(', ')}] # databases are systems of their own`;
      return [
        'kind: files',
        `paths: ${list(source.paths)}`,
        ...(source.exclude.length === 0 ? [] : [exclude]),
      ];
    }
    case 'env':
      return ['kind: env # values are only ever inside the encrypted vault', `files: ${list(source.files)}`];
    default:
      return source satisfies never;
  }
}

function checkLines(source: ChosenSource): readonly string[] {
  if (source.kind !== 'sqlite') return ['- files # count and content as they were captured'];
  const { table } = source;
  const count = [
    '- kind: sql',
    `  name: ${scalar(`${table} is complete`)}`,
    `  query: ${scalar(`select count(*) from ${identifier(table ?? '')}`)}`,
    '  expect: source # what the same query gave when the backup was taken',
  ];
  return ['- integrity', '- foreign_keys', ...(table === undefined ? [] : count)];
}

/** A table's name as SQL; quoted when it is more than plain letters, for it may be a word of the language. */
function identifier(table: string): string {
  return isPlainWord(table) ? table : `"${table.replaceAll('"', '""')}"`;
}

/** Words of SQL that people use as names of tables. Source: https://sqlite.org/lang_keywords.html. */
const sqlWords = new Set(
  (
    'order group index table values transaction references user check default action case column key match plan ' +
    'primary range release row rows set to view when where select from limit union unique update replace groups'
  ).split(' '),
);

function isPlainWord(table: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(table) && !sqlWords.has(table.toLowerCase());
}

/** Relative where it lies beside the plan, so that both can move together. */
export function placeInPlan(path: string, planFile: string): string {
  const folder = dirname(planFile);
  if (path === folder) return '.';
  return isWithin(path, folder) ? `./${relative(folder, path)}` : path;
}

/** Plain where YAML cannot take it for anything but this text, else in the quotes of JSON, which YAML knows. */
function scalar(text: string): string {
  const isPlain =
    /^(\.{1,2}\/|[/A-Za-z])[\w ./()*+-]*$/.test(text) || /^\d+ [a-z]+( \d+ [a-z]+)*$/.test(text);
  const isWord = /^(true|false|yes|no|on|off|null|y|n|~)$/i.test(text);
  const isReference = /^\$\{(env|file):[\w./@-]+\}$/.test(text);
  return (isPlain && !isWord && !text.endsWith(' ')) || isReference ? text : quoted(text);
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
