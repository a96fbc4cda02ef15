/** `lifeboat log put`: takes one file of the log, as `archive_command` hands it over. */
import { readFile, stat } from 'node:fs/promises';
import { LifeboatError, systemErrorName } from '../../error/lifeboat-error.ts';
import { absolutePath } from '../../platform/absolute-path.ts';
import type { AppContext } from '../cli-context.ts';
import type { Command } from '../command.ts';
import { planOptions, profileOf } from '../load-plan.ts';
import { putLogFile } from '../log/wal-files.ts';
import { walGround } from '../log/wal-ground.ts';
import { openPlan } from '../plan/plan-session.ts';
import { openPlanVaults } from '../plan/plan-vaults.ts';

export const logPut: Command<AppContext> = {
  description:
    'Takes one file of the log of a PostgreSQL server into its vaults: a segment, a history. It ends with 0 only when the file is durable in as many of them as the plan says (logs.copies; else in all). ' +
    'It is what the program lifeboat-archive-wal does when no `lifeboat up` answers; see the guide for PostgreSQL. What the vaults have already is compared, and other content is an error.',
  arguments: [
    { name: 'SYSTEM', description: 'the system' },
    { name: 'PATH', description: 'the file: %p of archive_command' },
    { name: 'NAME', description: 'its name: %f of archive_command' },
  ],
  options: [
    ...planOptions,
    { flag: '--cluster', value: 'ID', description: 'the system identifier of the cluster, for histories' },
  ],
  examples: [
    {
      line: 'lifeboat log put orders-db pg_wal/00000001000000000000000A 00000001000000000000000A',
      says: 'one segment',
    },
  ],
  unattended: true,
  run: async (context, input) => {
    const system = input.required('SYSTEM');
    const name = input.required('NAME');
    const bytes = await readWhole(absolutePath(input.required('PATH'), context.folder));
    const session = await openPlan(input.value('--plan'), context.folder, profileOf(input));
    await using vaults = openPlanVaults(context, session);
    const ground = await walGround(context, session, vaults.open, { system });
    await putLogFile(ground, { name, bytes, cluster: input.value('--cluster') }, context.signal);
    return { summary: { system, name, bytes: bytes.length, vaults: ground.vaults.map((each) => each.name) } };
  },
};

/** Of the largest segment. */
const fileBytesMax = 1024 * 1024 * 1024;

async function readWhole(file: string): Promise<Buffer> {
  try {
    const { size } = await stat(file);
    if (size <= fileBytesMax) return await readFile(file);
  } catch (error) {
    if (systemErrorName(error) === undefined) throw error;
    throw new LifeboatError('SOURCE_MISSING', `${file} cannot be read`, {
      hint: 'Give the path as the server does (%p), and run it in the data directory.',
      cause: error,
    });
  }
  throw new LifeboatError('SOURCE_INVALID', `${file} is larger than any file of a log`, {
    hint: 'Give archive_command the file and its name as the server does: %p %f.',
  });
}
