/** `lifeboat quickstart`: a whole disaster and the way back, on a shop made for it. `npm start` runs it. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { durationText } from '../../objective/duration-text.ts';
import { isInteractive } from '../../platform/terminal.ts';
import type { AppContext } from '../cli-context.ts';
import type { Command, CommandEnd } from '../command.ts';
import type { Input } from '../input.ts';
import { confirmedOrders } from '../quickstart/check-recovered.ts';
import { type Detection, detect } from '../quickstart/detect.ts';
import { lookAtShop } from '../quickstart/look-at-shop.ts';
import { backUpAndProve, makePlanAndVaults, makeShop } from '../quickstart/prepare-shop.ts';
import { claimQuickstartFolder, type QuickstartFolder, typedPath } from '../quickstart/quickstart-folder.ts';
import { type BeforeStrike, recover } from '../quickstart/recover.ts';
import { withOwnKeys } from '../quickstart/run-command.ts';
import { type RunningShop, startShop } from '../quickstart/running-shop.ts';
import { nextLines, type Score, scoreLines, scoreOf } from '../quickstart/scoreboard.ts';
import { uploadSums } from '../quickstart/shop-uploads.ts';
import { strike } from '../quickstart/strike.ts';
import { type Patience, waitBeforeStrike } from '../quickstart/wait-before-strike.ts';

const waitMsDefault = 3_000;
const folderDefault = 'quickstart';

export const quickstart: Command<AppContext> = {
  description:
    'Makes a small shop that keeps taking orders, backs it up to two vaults, proves the backup, then deletes its uploads and ' +
    'damages its database, notices it, brings all of it back in place, and says what was lost and how long it took. It works in a ' +
    'folder of its own, which stays to be explored and is made anew at the next start. Nothing else is touched.',
  options: [
    { flag: '--once', description: 'never wait for a person' },
    { flag: '--hold', description: 'wait for Enter before the disaster, however long' },
    { flag: '--dir', value: 'DIR', description: 'work in this folder (default: ./quickstart)' },
  ],
  examples: [
    { line: 'lifeboat quickstart', says: 'see it work' },
    { line: 'lifeboat quickstart --hold', says: 'look around before the disaster' },
    { line: 'lifeboat quickstart --once --json', says: 'for programs' },
  ],
  run: async (context, input) => {
    const path = resolve(context.folder, input.value('--dir') ?? folderDefault);
    using folder = claimQuickstartFolder(path);
    try {
      return await play(withOwnKeys(context, folder), folder, patienceOf(context, input));
    } catch (error) {
      const here = typedPath(folder.path, context.folder);
      context.output.note(
        `The shop is stopped. What was made so far is in ${here}; the next start makes it anew.`,
      );
      throw error;
    }
  },
};

async function play(context: AppContext, folder: QuickstartFolder, patience: Patience): Promise<CommandEnd> {
  const { output } = context;
  await output.text(output.style.bold(`Lifeboat works in ${folder.path}`));
  await chapter(context, 1, 'A shop');
  await makeShop(context, folder);
  await using shop = await startShop(folder, 'before', context.signal);
  await output.result(
    { type: 'open', shop_process: shop.processId },
    '   A process of its own takes orders without pause and confirms each after its commit.',
  );
  await chapter(context, 2, 'A plan and two vaults');
  await makePlanAndVaults(context, folder);
  await chapter(context, 3, 'Backup and proof, while the shop works');
  const confirmedBeforeBackup = confirmedOrders(folder.confirmed).length;
  await backUpAndProve(context, folder);
  const uploads = await lastLook(context, folder, shop, patience);
  await chapter(context, 4, 'The disaster');
  const struck = await strikeShop(context, folder, shop, uploads);
  await shop[Symbol.asyncDispose]();
  await chapter(context, 5, 'The way back');
  const before: BeforeStrike = { uploads, confirmedBeforeBackup, strikeMs: struck.atMs };
  const recovery = await recover(context, folder, before);
  const score = await scoreOf(context, folder, before, struck.detections, recovery);
  await tellScore(context, folder, score, recovery.files);
  return { summary: { ...score } };
}

/** What is in the uploads just before the strike, and proof that all is well until then. */
async function lastLook(
  context: AppContext,
  folder: QuickstartFolder,
  shop: RunningShop,
  patience: Patience,
): Promise<ReadonlyMap<string, string>> {
  const { output } = context;
  if (patience.kind !== 'none') {
    const when =
      patience.kind === 'limited' ? `in ${durationText(patience.waitMs)}, or at once on Enter` : 'on Enter';
    await output.result({ type: 'waiting' }, `\n   The disaster comes ${when}.`);
  }
  await waitBeforeStrike(patience, context.signal);
  const uploads = uploadSums(folder.uploads);
  const sums = [...uploads].map(([path, sum]) => `${sum}  shop/uploads/${path}\n`);
  writeFileSync(folder.uploadSums, sums.join(''));
  const [trouble] = lookAtShop(folder, shop, uploads);
  if (trouble === undefined) return uploads;
  throw new LifeboatError(
    'VERIFICATION_FAILED',
    `the shop was not well before the disaster: ${trouble.words}`,
    {
      hint: 'Start the quickstart again; when it happens again, report what it printed.',
    },
  );
}

async function strikeShop(
  context: AppContext,
  folder: QuickstartFolder,
  shop: RunningShop,
  uploads: ReadonlyMap<string, string>,
): Promise<{ readonly atMs: number; readonly detections: readonly Detection[] }> {
  const { output } = context;
  const { atMs, pagesOverwritten, pagesTotal } = strike(folder, context.nowMs);
  const words = `${uploads.size} uploads deleted, ${pagesOverwritten} of ${pagesTotal} pages of the live database overwritten`;
  await output.result(
    { type: 'strike', at: new Date(atMs).toISOString(), at_ms: atMs, pages_overwritten: pagesOverwritten },
    `   ${output.style.red('struck')}             ${words}`,
  );
  return { atMs, detections: await detect(context, folder, shop, uploads, atMs) };
}

async function tellScore(
  context: AppContext,
  folder: QuickstartFolder,
  score: Score,
  files: number,
): Promise<void> {
  const { output } = context;
  await chapter(context, 6, 'The score');
  for (const line of scoreLines(context, score, files)) await output.text(line);
  await output.text(
    `\n${output.style.green('Verified: everything that was backed up is back, within its objectives.')}\n`,
  );
  for (const line of nextLines(programWords(), folder, context.folder)) await output.text(line);
}

async function chapter({ output, signal }: AppContext, number: number, title: string): Promise<void> {
  signal.throwIfAborted();
  await output.text(`\n${output.style.bold(`${number}  ${title}`)}`);
}

function patienceOf({ output }: AppContext, input: Input): Patience {
  if (input.has('--hold') && input.has('--once')) {
    throw new LifeboatError('USAGE', '--hold and --once contradict each other', {
      hint: 'Give one of them.',
    });
  }
  if (input.has('--hold')) return { kind: 'enter' };
  if (input.has('--once') || output.json || !isInteractive()) return { kind: 'none' };
  return { kind: 'limited', waitMs: waitMsDefault };
}

/** In the checkout there is no `lifeboat` in PATH. */
function programWords(): string {
  return import.meta.url.endsWith('.ts') ? 'npm run -s lifeboat --' : 'lifeboat';
}
