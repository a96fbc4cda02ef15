/** What stood on the command line of `init`, read once and as far as it can be judged without looking at disks. */
import { dirname, relative, resolve } from 'node:path';
import { passwordVariable } from '../../config/password.ts';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { AppContext } from '../cli-context.ts';
import type { OptionSpec } from '../command-spec.ts';
import type { Input } from '../input.ts';
import type { KeySource, RecoveryWish } from './init-choices.ts';

export interface InitFlags {
  /** Absolute: the folder that is inspected. */
  readonly folder: string;
  /** Absolute. */
  readonly planFile: string;
  readonly planIsDefault: boolean;
  readonly force: boolean;
  readonly systems: readonly string[];
  readonly vaults: readonly string[];
  readonly name: string | undefined;
  readonly owner: string | undefined;
  readonly timeZone: string | undefined;
  readonly rpo: string | undefined;
  readonly rto: string | undefined;
  readonly schedule: string | undefined;
  readonly keys: KeySource;
  readonly recovery: RecoveryWish | undefined;
}

export const initOptions: readonly OptionSpec[] = [
  { flag: '--yes', description: 'ask nothing: take the flags, and the proposals for what they leave open' },
  {
    flag: '--vault',
    value: 'LOCATION',
    repeatable: true,
    description: 'a folder for a vault; the first is the primary one. A vault that is there is used',
  },
  {
    flag: '--system',
    value: 'SYSTEM',
    repeatable: true,
    description: 'NAME=sqlite:PATH, NAME=files:PATH[,PATH] or NAME=env:FILE; nothing else is proposed then',
  },
  { flag: '--name', value: 'NAME', description: "the plan's name (default: the folder's)" },
  { flag: '--owner', value: 'NAME', description: 'who answers for the plan (default: this user)' },
  { flag: '--rpo', value: 'DURATION', description: 'how much may be lost, as time (default: 2 h)' },
  { flag: '--rto', value: 'DURATION', description: 'how fast it must be back (default: 4 h)' },
  { flag: '--schedule', value: 'WORDS', description: 'when it runs (default: often enough for the RPO)' },
  { flag: '--time-zone', value: 'ZONE', description: "such as Europe/Berlin (default: this machine's)" },
  {
    flag: '--key-file',
    value: 'FILE',
    description: 'the password of the vaults; made if it is not there (default: one new file for each vault)',
  },
  { flag: '--recovery-key-file', value: 'FILE', description: 'write the recovery key to a new FILE' },
  { flag: '--no-recovery-key', description: 'make none: whoever loses the key files loses the vaults' },
  { flag: '--plan', value: 'FILE', description: 'where the plan goes (default: lifeboat.yaml in FOLDER)' },
  { flag: '--force', description: 'replace a plan that is there; the old one is kept beside it' },
];

const planNameDefault = 'lifeboat.yaml';

/** Raises USAGE for flags that contradict each other. */
export function readInitFlags(context: Pick<AppContext, 'folder'>, input: Input): InitFlags {
  const folder = resolve(context.folder, input.argument('FOLDER') ?? '.');
  const plan = input.value('--plan');
  const planFile = plan === undefined ? resolve(folder, planNameDefault) : resolve(context.folder, plan);
  return {
    folder,
    planFile,
    planIsDefault: planFile === resolve(context.folder, planNameDefault),
    force: input.has('--force'),
    systems: input.values('--system'),
    vaults: input.values('--vault'),
    name: input.value('--name'),
    owner: input.value('--owner'),
    timeZone: input.value('--time-zone'),
    rpo: input.value('--rpo'),
    rto: input.value('--rto'),
    schedule: input.value('--schedule'),
    keys: keySource(context.folder, input.value('--key-file')),
    recovery: recoveryWish(context.folder, input),
  };
}

/** The environment wins over the plan whenever a vault is opened, so a key file beside it would never be read. */
function keySource(folder: string, keyFile: string | undefined): KeySource {
  const variable = passwordVariable()?.name;
  if (keyFile === undefined)
    return variable === undefined ? { kind: 'generated' } : { kind: 'environment', variable };
  if (variable === undefined) return { kind: 'file', path: resolve(folder, keyFile) };
  throw new LifeboatError('USAGE', `--key-file is given, and ${variable} is set`, {
    hint: `Unset ${variable}, or leave --key-file away: then the vaults get the password of ${variable}.`,
  });
}

function recoveryWish(folder: string, input: Input): RecoveryWish | undefined {
  const path = input.value('--recovery-key-file');
  if (!input.has('--no-recovery-key'))
    return path === undefined ? undefined : { kind: 'file', path: resolve(folder, path) };
  if (path === undefined) return { kind: 'none' };
  throw new LifeboatError('USAGE', '--recovery-key-file and --no-recovery-key contradict each other', {
    hint: 'Give one of them.',
  });
}

/** Raises USAGE with everything that is missing where nobody can be asked. */
export function requireAnswers(context: Pick<AppContext, 'output'>, flags: InitFlags, yes: boolean): void {
  const { json, showsSecrets } = context.output;
  const canShow = showsSecrets && !json;
  const missing = [
    ...(yes ? [] : ['--yes']),
    ...(flags.vaults.length > 0 ? [] : ['--vault LOCATION']),
    ...(canShow || flags.recovery !== undefined ? [] : ['--recovery-key-file FILE (or --no-recovery-key)']),
  ];
  if (missing.length === 0) return;
  const why = yes ? 'nothing is asked with --yes' : 'there is no terminal to ask on';
  throw new LifeboatError('USAGE', `${why}, and the command line lacks ${missing.join(', ')}`, {
    hint: 'Add what is missing, or run `lifeboat init` on a terminal; `lifeboat init --help` has examples.',
    details: { missing },
  });
}

/** The option that later commands need to find the plan; empty when it is where they look. */
export function planArgument(folder: string, { planFile, planIsDefault }: InitFlags): string {
  if (planIsDefault) return '';
  const below = relative(folder, planFile);
  const path = below.startsWith('..') ? planFile : below;
  return ` --plan ${/^[\w./@+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`}`;
}

/** What a plan is called when nobody says. */
export function planNameOf(folder: string): string {
  return folder.slice(dirname(folder).length).replace(/^\/+/, '') || 'this machine';
}
