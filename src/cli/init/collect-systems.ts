/** Which systems the plan has: those of the flags, those a person picks, or all that are proposed. */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { LifeboatError, systemErrorName } from '../../error/lifeboat-error.ts';
import { monotonicMs } from '../../platform/clock.ts';
import type { AppContext } from '../cli-context.ts';
import { planPath } from '../plan/system-paths.ts';
import type { ChosenSystem } from './init-choices.ts';
import type { InitFlags } from './init-flags.ts';
import { type FolderContent, inspectFolder, isDatabase } from './inspect-folder.ts';
import type { Prompter } from './prompter.ts';
import { type ProposedSystem, proposeSystems, withoutDatabases } from './propose-systems.ts';
import { systemFromFlag } from './system-flag.ts';
import { nameFrom, unusedName } from './system-name.ts';

/** Raises USAGE when there is none, PATH_NOT_FOUND for a folder that is none, and what reading a flag raises. */
export async function collectSystems(
  context: AppContext,
  flags: InitFlags,
  prompter: Prompter | undefined,
): Promise<readonly ChosenSystem[]> {
  const chosen =
    flags.systems.length > 0
      ? await fromFlags(flags.systems, context.folder)
      : await fromFolder(context, flags.folder, prompter);
  return await Promise.all(withoutDatabases(chosen).map((system) => withTable(context, system)));
}

async function fromFlags(texts: readonly string[], folder: string): Promise<readonly ChosenSystem[]> {
  const systems: ChosenSystem[] = [];
  for (const text of texts) {
    const system = await systemFromFlag(text, folder);
    if (systems.some(({ name }) => name === system.name)) {
      throw new LifeboatError('USAGE', `two systems are named ${system.name}`, {
        hint: 'Give each --system a name of its own.',
      });
    }
    systems.push(system);
  }
  return systems;
}

async function fromFolder(
  context: AppContext,
  folder: string,
  prompter: Prompter | undefined,
): Promise<readonly ChosenSystem[]> {
  const content = await inspect(context, folder);
  const proposed = proposeSystems(folder, content);
  if (!content.complete) {
    const message = `${folder} is too large to be looked through: there may be more than what is proposed`;
    if (prompter === undefined) context.output.warn(message);
    else prompter.warn(message);
  }
  if (prompter !== undefined) return await pick(context, folder, proposed, prompter);
  if (proposed.length > 0) return proposed;
  throw new LifeboatError('USAGE', `in ${folder} is no database, no folder of uploads and no .env file`, {
    hint: 'Say what must survive: --system NAME=files:PATH, or name another FOLDER.',
  });
}

async function inspect({ signal }: AppContext, folder: string): Promise<FolderContent> {
  try {
    return await inspectFolder(folder, { monotonicMs, signal });
  } catch (cause) {
    const errno = systemErrorName(cause);
    if (errno === undefined) throw cause;
    const code = errno === 'EACCES' || errno === 'EPERM' ? 'PERMISSION_DENIED' : 'PATH_NOT_FOUND';
    throw new LifeboatError(code, `the folder ${folder} cannot be read: ${errno}`, {
      hint: 'Name the folder of your application: `lifeboat init FOLDER`.',
      cause,
    });
  }
}

async function pick(
  context: AppContext,
  folder: string,
  proposed: readonly ProposedSystem[],
  prompter: Prompter,
): Promise<readonly ChosenSystem[]> {
  const names = proposed.length === 0 ? [] : await askWhich(proposed, prompter);
  const chosen: ChosenSystem[] = proposed.filter(({ name }) => names.includes(name));
  if (proposed.length === 0)
    prompter.info('Found no database, no folder of uploads and no .env file in here.');
  return [...chosen, ...(await askForMore(context, folder, chosen, prompter))];
}

async function askWhich(proposed: readonly ProposedSystem[], prompter: Prompter): Promise<readonly string[]> {
  const options = proposed.map(({ name, says }) => ({ value: name, label: name, hint: says }));
  return await prompter.chooseMany('What must survive? (Space takes one out)', options);
}

/** Paths that a person names; each becomes a system of the kind that it is. */
async function askForMore(
  context: AppContext,
  folder: string,
  chosen: readonly ChosenSystem[],
  prompter: Prompter,
): Promise<readonly ChosenSystem[]> {
  const needed = chosen.length === 0;
  for (;;) {
    const answer = await prompter.text({
      message: needed
        ? 'Which folders or databases must survive? (paths, separated by commas)'
        : 'Anything else? (folders or databases, separated by commas)',
      placeholder: needed ? './uploads, ./shop.db' : 'nothing else',
      problem: (text) => (needed && text === '' ? 'name at least one' : undefined),
    });
    const paths = answer.split(',').map((path) => path.trim());
    const systems = await systemsAt(
      paths.filter((path) => path !== '').map((path) => planPath(path, folder)),
      chosen,
    );
    if (typeof systems !== 'string') return systems;
    prompter.warn(systems);
    context.signal.throwIfAborted();
  }
}

/** In words what is wrong with a path. */
async function systemsAt(
  paths: readonly string[],
  others: readonly ChosenSystem[],
): Promise<readonly ChosenSystem[] | string> {
  const taken = new Set(others.map(({ name }) => name));
  const systems: ChosenSystem[] = [];
  for (const path of paths) {
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) return `${path} is not there, or cannot be read`;
    const isFile = found.isFile() && (await isDatabase(path));
    const name = unusedName(nameFrom(basename(path), 'files'), taken);
    taken.add(name);
    systems.push({
      name,
      source: isFile ? { kind: 'sqlite', path } : { kind: 'files', paths: [path], exclude: [] },
    });
  }
  return systems;
}

/** A database that cannot be asked now keeps its other checks. */
async function withTable(context: AppContext, system: ChosenSystem): Promise<ChosenSystem> {
  const { source } = system;
  if (source.kind !== 'sqlite') return system;
  try {
    const table = await context.adapters.largestTable(source.path, context.signal);
    return table === undefined ? system : { ...system, source: { ...source, table } };
  } catch (error) {
    if (!(error instanceof LifeboatError) || error.code === 'INTERRUPTED') throw error;
    context.output.warn(`the plan counts no rows of ${system.name}: ${error.message}`);
    return system;
  }
}
