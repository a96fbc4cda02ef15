/** Runs commands of Lifeboat just as a person would type them, and collects what they report. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { AppContext } from '../cli-context.ts';
import type { Command } from '../command.ts';
import { profileOption } from '../load-plan.ts';
import type { JsonRecord, Output } from '../output.ts';
import { parseInput } from '../parse-input.ts';
import { type QuickstartFolder, vaultNames } from './quickstart-folder.ts';

export interface CommandRun {
  /** In the order in which they came; those that `--json` would print. */
  readonly records: readonly JsonRecord[];
  readonly summary: Readonly<Record<string, unknown>>;
}

/** Raises what the command raises, and what it ends with when that is an error. */
export async function runCommand(
  context: AppContext,
  name: string,
  command: Command<AppContext>,
  words: readonly string[],
): Promise<CommandRun> {
  // a profile in the environment is for plans of the person
  const profile = command.options?.includes(profileOption) === true ? [profileOption.flag, ''] : [];
  const parsed = parseInput(name, command, [...words, ...profile]);
  if (parsed.kind === 'help') throw new LifeboatError('ASSERTION', `${name} was asked to run, not for help`);
  const records: JsonRecord[] = [];
  const output = collecting(context.output, records);
  const end = await command.run({ ...context, output }, parsed.input);
  if (end.error !== undefined) throw end.error;
  return { records, summary: end.summary };
}

/** A password in the environment is for vaults of the person; the ones of the quickstart have their own. */
export function withOwnKeys(context: AppContext, folder: QuickstartFolder): AppContext {
  const keyOf = (location: string, base = context.folder): string | undefined => {
    const vault = vaultNames.find((name) => folder.vaults[name] === resolve(base, location));
    return vault === undefined ? undefined : readFileSync(`${folder.keys}/${vault}`, 'utf8').trim();
  };
  return {
    ...context,
    openVault: async (request) => {
      const password = request.password ?? keyOf(request.location, request.folder);
      return await context.openVault({ ...request, ...(password === undefined ? {} : { password }) });
    },
  };
}

/** Words are left out; progress and warnings still show. */
function collecting(output: Output, records: JsonRecord[]): Output {
  return {
    ...output,
    json: true,
    async result(record) {
      records.push(record);
    },
    text: () => Promise.resolve(),
    note: () => undefined,
  };
}
