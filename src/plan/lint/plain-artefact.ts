import type { PlanPath } from '../plan-path.ts';
import type { ResolvedPlan, ResolvedSystem } from '../resolved-plan.ts';
import { hasOption } from '../shell/call-options.ts';
import { encrypts, isDatabaseDump, isElsewhere, type Transfer, transferOf } from '../shell/dump-programs.ts';
import { withKnownValues } from '../shell/known-values.ts';
import type { ProgramCall, ReadCommand } from '../shell/program-call.ts';
import type { SimpleCommand } from '../shell/shell-script.ts';
import { ofLine, shortWords } from './command-place.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { type PlanCommand, planCommands } from './plan-commands.ts';

export const plainArtefact: LintRule = {
  id: 'plain-artefact',
  number: 'T10',
  severity: 'error',
  title: 'a command keeps plain data where encryption is promised',
  explanation:
    'A vault encrypts what is captured into it, but not what a command writes or uploads by itself. ' +
    'Such a copy can be read by whoever can read the place, and Lifeboat neither lists, checks nor expires it.',
  fix: 'Let the command print the data so that the vault keeps it, or encrypt it (gpg, age) before it leaves the machine.',
  check: (plan, _facts, written) => {
    const promise = promiseOf(plan);
    return planCommands(written)
      .filter(({ isCapture }) => isCapture)
      .flatMap((command) => hitsOf(plan, command, promise));
  },
};

interface EncryptionPromise {
  readonly words: string;
  readonly at: PlanPath;
}

/** Where the plan says that copies are encrypted: of all systems; the vaults of one system come first. */
function promiseOf(plan: ResolvedPlan): EncryptionPromise | undefined {
  for (const [framework, { controls }] of Object.entries(plan.compliance?.frameworks ?? {})) {
    for (const [name, control] of Object.entries(controls)) {
      if (!control.shown_by.includes('encryption') && !/encrypt/i.test(control.requires)) continue;
      const at = ['compliance', 'frameworks', framework, 'controls', name];
      return { words: `the control ${name} of ${framework}`, at };
    }
  }
  return undefined;
}

function vaultPromise(plan: ResolvedPlan, system: ResolvedSystem): EncryptionPromise | undefined {
  const vault = plan.vaults.find(({ name, declared }) => {
    const algorithm = declared.encryption?.algorithm;
    return system.vaults.includes(name) && algorithm !== undefined && algorithm !== 'none';
  });
  const algorithm = vault?.declared.encryption?.algorithm;
  if (vault === undefined || algorithm === undefined) return undefined;
  const what = algorithm === 'AES-256' || algorithm === 'ChaCha20' ? algorithm : 'encryption';
  return { words: `${what} of the vault ${vault.name}`, at: ['vaults', vault.name, 'encryption'] };
}

function hitsOf(
  plan: ResolvedPlan,
  command: PlanCommand,
  general: EncryptionPromise | undefined,
): readonly LintHit[] {
  if (command.read.calls.some(encrypts)) return [];
  const system = plan.systems.find(({ name }) => name === command.at[1]);
  const promise = (system === undefined ? undefined : vaultPromise(plan, system)) ?? general;
  const kept = keptByItself(command);
  if (kept === undefined) return [];
  const what = `${kept.program} puts ${shortWords(kept.name)} ${kept.where}${ofLine(command, kept.line)}`;
  if (promise === undefined) {
    const message = `${what}, beside the vault, where nothing of Lifeboat encrypts, lists or checks it`;
    return [{ at: command.at, severity: 'warning', message, suggestion: advice }];
  }
  const message = `${what} without encrypting it, although ${promise.words} is promised`;
  const relatedAt = { at: promise.at, message: 'the promise stands here' };
  return [{ at: command.at, message, suggestion: advice, relatedAt }];
}

const advice = 'print the data to the standard output instead, so that the vault encrypts and keeps it';

interface Kept {
  readonly program: string;
  readonly name: string;
  readonly where: string;
  readonly line: number;
}

/** What the command uploads, or else what a dump of it leaves in a file of its own. */
function keptByItself(command: PlanCommand): Kept | undefined {
  for (const call of command.read.calls) {
    const transfer = transferOf(call);
    if (transfer !== undefined && isPlainUpload(command, transfer)) {
      const where = `to ${shortWords(withKnownValues(transfer.to.text, command.read))}`;
      return { program: call.program, name: nameOf(command, transfer.from.text), where, line: call.line };
    }
  }
  return leftBehind(command);
}

function isPlainUpload(command: PlanCommand, { call, from, to }: Transfer): boolean {
  const source = withKnownValues(from.text, command.read);
  const target = withKnownValues(to.text, command.read);
  if (!isElsewhere(target) || isElsewhere(source) || /crypt/i.test(target)) return false;
  return (
    !isEncryptedName(source) && !hasOption(call, '--sse', '--sse-c', '--sse-kms-key-id', '--encryption-key')
  );
}

function isEncryptedName(name: string): boolean {
  return /\.(?:gpg|pgp|asc|age|enc|aes|kdbx)$/i.test(name);
}

/** A dump that goes into a file which nothing removes and nothing prints. */
function leftBehind(command: PlanCommand): Kept | undefined {
  const { calls } = command.read;
  const dump = calls.find(
    (call) => isDatabaseDump(call.program) && pipedFile(command.read, call) !== undefined,
  );
  const file = dump === undefined ? undefined : pipedFile(command.read, dump);
  if (dump === undefined || file === undefined || isEncryptedName(file) || file.startsWith('/dev/'))
    return undefined;
  const pipe = pipeOf(command.read, dump);
  const isHandled = calls.some(
    ({ program, args, command: each }) =>
      ['rm', 'cat', 'shred', 'mv', 'gzip', 'zstd'].includes(program) &&
      args.length > 0 &&
      !pipe.includes(each),
  );
  if (isHandled) return undefined;
  return { program: dump.program, name: nameOf(command, file), where: 'into a file', line: dump.line };
}

/** The file that a program is redirected into. */
export function outputFile({ command }: Pick<ProgramCall, 'command'>): string | undefined {
  return command.redirections.find(({ operator }) => /^1?(?:>|>>|>\|)$/.test(operator))?.target.text;
}

/** The file that a program is redirected into, or the last program of the pipe that it feeds. */
export function pipedFile(read: ReadCommand, call: ProgramCall): string | undefined {
  const last = pipeOf(read, call).at(-1);
  return outputFile(call) ?? (last === undefined ? undefined : outputFile({ command: last }));
}

/** The commands of its pipe, itself among them; nothing for what stands in `$(…)`. */
function pipeOf({ scripts }: ReadCommand, { command }: ProgramCall): readonly SimpleCommand[] {
  const script = scripts.find(({ commands }) => commands.includes(command));
  return script?.commands.filter(({ pipeline }) => pipeline === command.pipeline) ?? [];
}

function nameOf(command: PlanCommand, text: string): string {
  return withKnownValues(text, command.read);
}
