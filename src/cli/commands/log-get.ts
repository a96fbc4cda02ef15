/** `lifeboat log get`: gives one file of the log, as `restore_command` asks for it. */
import { open, rename, rm } from 'node:fs/promises';
import { exitCodes } from '../../error/codes.ts';
import { LifeboatError, systemErrorName } from '../../error/lifeboat-error.ts';
import { absolutePath } from '../../platform/absolute-path.ts';
import type { AppContext } from '../cli-context.ts';
import type { Command } from '../command.ts';
import { planOptions, profileOf } from '../load-plan.ts';
import type { FoundLogFile } from '../log/log-tools.ts';
import { getLogFile } from '../log/wal-files.ts';
import { walGround } from '../log/wal-ground.ts';
import { openPlan } from '../plan/plan-session.ts';
import { openPlanVaults } from '../plan/plan-vaults.ts';

export const logGet: Command<AppContext> = {
  description:
    'Gives one file of the log of a PostgreSQL server from its vaults: a segment, filled up with zeros where the log ends in it, or a history. ' +
    'It ends with 0 when the file is there, with 3 when every vault says that there is none, and with any other code when that is not known. ' +
    'It is what the program lifeboat-restore-wal does when no `lifeboat up` answers; see the guide for PostgreSQL.',
  arguments: [
    { name: 'SYSTEM', description: 'the system' },
    { name: 'NAME', description: 'its name: %f of restore_command' },
    { name: 'PATH', description: 'where it goes: %p of restore_command' },
  ],
  options: [
    ...planOptions,
    {
      flag: '--vault',
      value: 'NAME',
      description: 'only from this vault of the plan, which is believed alone',
    },
    { flag: '--cluster', value: 'ID', description: 'the system identifier of the cluster' },
  ],
  examples: [
    {
      line: 'lifeboat log get orders-db 00000002.history /srv/back/00000002.history',
      says: 'how a timeline came to be',
    },
  ],
  unattended: true,
  run: async (context, input) => {
    const system = input.required('SYSTEM');
    const name = input.required('NAME');
    const target = absolutePath(input.required('PATH'), context.folder);
    const session = await openPlan(input.value('--plan'), context.folder, profileOf(input));
    await using vaults = openPlanVaults(context, session);
    const ground = await walGround(context, session, vaults.open, { system, only: input.value('--vault') });
    const found = await getLogFile(ground, { name, cluster: input.value('--cluster') }, context.signal);
    if (found.kind === 'absent') {
      context.output.note(`no vault has a file ${name}`);
      return { summary: { system, name, found: false }, exitCode: exitCodes.incomplete };
    }
    await writeFound(target, found);
    return { summary: { system, name, found: true, bytes: found.size } };
  },
};

/** Under another name first: a server takes what stands under the name for whole. */
async function writeFound(
  target: string,
  { size, bytes }: Extract<FoundLogFile, { kind: 'file' }>,
): Promise<void> {
  const work = `${target}.work`;
  try {
    await using file = await open(work, 'w', 0o600);
    for await (const part of bytes) await file.writeFile(part);
    await file.truncate(size);
    await file.sync();
    await rename(work, target);
  } catch (error) {
    await rm(work, { force: true });
    const errno = systemErrorName(error);
    if (errno === undefined) throw error;
    const code = errno === 'ENOSPC' || errno === 'EDQUOT' ? 'DISK_FULL' : 'PERMISSION_DENIED';
    throw new LifeboatError(code, `${target} cannot be written`, {
      hint: 'Free space, or name a folder that this user may write.',
      cause: error,
    });
  }
}
