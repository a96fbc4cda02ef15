/** `lifeboat log export`: the log of a system as files of its server, for a recovery without Lifeboat. */
import { resolve } from 'node:path';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { AppContext } from '../cli-context.ts';
import type { Command, CommandEnd } from '../command.ts';
import type { Input } from '../input.ts';
import { planOptions, profileOf } from '../load-plan.ts';
import { joinedLog } from '../log/joined-log.ts';
import type { ExportedFiles, LogTools } from '../log/log-tools.ts';
import { loggedSystems } from '../log/logged-systems.ts';
import { openPlan } from '../plan/plan-session.ts';
import { openPlanVaults } from '../plan/plan-vaults.ts';
import { bytesText, plural } from '../quantity-text.ts';

export const logExport: Command<AppContext> = {
  description:
    'Writes the log of a PostgreSQL system as the server itself names its files: segments, the histories of timelines, and the segment ' +
    "that is not full yet with the ending .partial, filled up with zeros. A stock server replays them with restore_command = 'cp DIR/%f %p || cp DIR/%f.partial %p'. " +
    'Every byte is proven and read as log on its way. What is missing or damaged in one vault comes from another. Files that are there are compared and kept, so that it can be run again; ' +
    'a file with other content stops it before anything is written.',
  arguments: [{ name: 'SYSTEM', description: 'the system' }],
  options: [
    ...planOptions,
    { flag: '--to', value: 'DIR', description: 'the folder that the files go into' },
    { flag: '--timeline', value: 'N', description: 'only what leads to the end of this timeline' },
    { flag: '--from', value: 'LSN', description: 'from the segment that holds this position on' },
    {
      flag: '--until',
      value: 'LSN',
      description: 'up to the segment that holds the byte before this position',
    },
    { flag: '--vault', value: 'NAME', description: 'only from this vault of the plan' },
    { flag: '--cluster', value: 'ID', description: 'of the cluster with this system identifier' },
  ],
  examples: [
    { line: 'lifeboat log export orders-db --to /srv/wal', says: 'all of it' },
    {
      line: 'lifeboat log export orders-db --to /srv/wal --from 0/9000000',
      says: 'what a backup that begins there needs',
    },
  ],
  run: async (context, input) => {
    const to = input.value('--to');
    if (to === undefined) throw usage('no folder is named', 'Add --to DIR.');
    const session = await openPlan(input.value('--plan'), context.folder, profileOf(input));
    const [each] = loggedSystems(session.plan, [input.required('SYSTEM')]);
    if (each === undefined) throw usage('no system is named', 'Name one.');
    const tools = await context.adapters.logs.tools();
    const bounds = boundsOf(input, tools);
    await using vaults = openPlanVaults(context, session);
    const log = await joinedLog(context, {
      ...{ session, vaults, each },
      ...{ vault: input.value('--vault'), cluster: input.value('--cluster') },
    });
    using progress = context.output.progress('log export');
    const folder = resolve(context.folder, to);
    const report = await tools.exportFiles({
      ...{ log, folder, ...bounds, signal: context.signal },
      progress: (done) => progress.report({ phase: 'log export', ...done }),
    });
    return await endOf(context, { ...report, folder, vaults: log.names });
  },
};

function boundsOf(input: Input, tools: LogTools): { timeline?: number; from?: bigint; until?: bigint } {
  const timeline = input.value('--timeline');
  if (timeline !== undefined && !/^[1-9][0-9]{0,9}$/.test(timeline))
    throw usage(`"${timeline}" is no timeline`, 'Write its number, such as 2.');
  const [from, until] = [positionOf(input, '--from', tools), positionOf(input, '--until', tools)];
  if (from !== undefined && until !== undefined && from >= until)
    throw usage('--until does not lie behind --from', 'Turn them round.');
  return {
    ...(timeline === undefined ? {} : { timeline: Number(timeline) }),
    ...(from === undefined ? {} : { from }),
    ...(until === undefined ? {} : { until }),
  };
}

function positionOf(input: Input, flag: string, tools: LogTools): bigint | undefined {
  const text = input.value(flag);
  if (text === undefined) return undefined;
  const position = tools.parsePosition(text);
  if (position !== undefined) return position;
  throw usage(`"${text}" is no position in the log`, `Write ${flag} as the server does, such as 0/3000028.`);
}

interface Exported extends ExportedFiles {
  readonly folder: string;
  readonly vaults: readonly string[];
}

async function endOf({ output }: AppContext, exported: Exported): Promise<CommandEnd> {
  const { written, kept, histories, bytes, partial, lacks, damage, folder, segmentBytes, vaults } = exported;
  const files = plural(written.length, 'file');
  await output.text(
    `${files} written, ${kept.length} kept, ${plural(histories.length, 'history', 'histories')}: ${bytesText(bytes)} of log in ${folder}`,
  );
  for (const name of partial)
    await output.text(`${name} was not written to its end: its file is ${name}.partial`);
  const end = written.findLast((name) => name.endsWith('.partial'));
  if (end !== undefined || partial.length > 0)
    await output.text(`restore_command = 'cp ${folder}/%f %p || cp ${folder}/%f.partial %p'`);
  for (const what of lacks) output.warn(what);
  for (const what of damage) output.warn(what);
  const summary = {
    ...{ folder, vaults, written: written.length, kept: kept.length, histories, partial, lacks, damage },
    ...{ bytes, segment_bytes: segmentBytes },
  };
  const error = wrongWith(exported);
  return error === undefined ? { summary } : { summary, error };
}

function wrongWith({ damage, lacks }: Exported): LifeboatError | undefined {
  const [damaged] = damage;
  if (damaged !== undefined)
    return new LifeboatError('OBJECT_DAMAGED', damaged, {
      hint: 'The files are written as the vaults have them; a server stops before this place. Use a backup that was taken after it.',
    });
  const [lack] = lacks;
  if (lack === undefined) return undefined;
  return new LifeboatError('LOG_GAP', `the log is not whole: ${lack}`, {
    hint: 'Use a backup that was taken after it, and leave out what lies before with --from.',
    details: { lacks },
  });
}

function usage(message: string, hint: string): LifeboatError {
  return new LifeboatError('USAGE', message, { hint });
}
