/** Brings what a command needs out of an archive class before it begins. */
import { LifeboatError } from '../error/lifeboat-error.ts';
import { sleep } from '../platform/timers.ts';
import type { NeededPack } from '../repository/repository-types.ts';
import { type ColdSurvey, isWithinReach, surveyCold } from '../thaw/survey-cold.ts';
import { type ThawOutcome, type ThawWish, thawObjects } from '../thaw/thaw-objects.ts';
import { thawOffers } from '../thaw/thaw-offers.ts';
import { objectsOfStage, stageOf, stageWords, type ThawStage } from '../thaw/thaw-stages.ts';
import type { ArchiveAccess } from '../vault/archive-access.ts';
import type { Vault } from '../vault/vault.ts';
import type { CliContext } from './cli-context.ts';
import { bytesText, momentText, plural } from './quantity-text.ts';
import { coldFields, coldLines } from './thaw-text.ts';

export interface ThawFirst {
  readonly archive: ArchiveAccess;
  /** What is thawed, in words: `the data of orders-db`. */
  readonly what: string;
  readonly survey: ColdSurvey;
  readonly wish: ThawWish;
}

/** Returns when all can be read. Raises THAW_PENDING when that is later. */
export async function thawFirst(
  context: CliContext,
  { archive, what, survey, wish }: ThawFirst,
): Promise<void> {
  const { output, signal, nowMs } = context;
  const needed: readonly NeededPack[] = [...survey.cold, ...survey.thawing];
  if (needed.length === 0 && survey.ending.length === 0) return;
  using progress = output.progress('thaw');
  output.note(
    `thawing ${what}: ${plural(needed.length, 'object')}; whoever stops this can run it again, it goes on`,
  );
  const request = { archive, needed, survey, wish, nowMs, sleep, progress: progress.report, signal };
  const outcome = await thawObjects(request);
  progress[Symbol.dispose]();
  await output.result({ type: 'thaw', what, speed: wish.speed, ...outcomeFields(outcome) });
  if (outcome.pendingObjects > 0) throw pending(what, outcome);
}

function outcomeFields(outcome: ThawOutcome): Readonly<Record<string, unknown>> {
  return {
    asked: outcome.asked,
    ready: outcome.readyObjects,
    pending: outcome.pendingObjects,
    pending_bytes: outcome.pendingBytes,
    usually_ready_at: new Date(outcome.usuallyReadyAtMs).toISOString(),
  };
}

function pending(
  what: string,
  { pendingObjects, pendingBytes, usuallyReadyAtMs }: ThawOutcome,
): LifeboatError {
  return new LifeboatError(
    'THAW_PENDING',
    `${what}: ${plural(pendingObjects, 'object')}, ${bytesText(pendingBytes)}, are on their way out of the archive class, usually there by ${momentText(usuallyReadyAtMs)}`,
    {
      hint: 'Run the same command again then: it asks the store how far it is and goes on. Nothing was restored yet.',
      details: { pending: pendingObjects, usuallyReadyAtMs },
    },
  );
}

/** Each stage comes at most once; a restore that needs more is told so by the store's own error. */
const stagesMax = 2;

export interface StagedWork {
  /** The one that the work reads. */
  readonly vault: () => Promise<Pick<Vault, 'archive' | 'repository'>>;
  readonly wish: ThawWish | undefined;
  /** Only tell what would be thawed. */
  readonly isPreview: boolean;
  /** Asked before anything is thawed, for that costs money. */
  readonly consent: (question: string) => Promise<void>;
}

/**
 * Does work that reads index and folders. Where even those lie in an archive class they are thawed first, when that is
 * wished for; else OBJECT_COLD is raised, with what it takes.
 */
export async function throughStages<T>(
  context: CliContext,
  staged: StagedWork,
  work: () => Promise<T>,
): Promise<T> {
  for (let stagesDone = 0; stagesDone < stagesMax; stagesDone++) {
    try {
      return await work();
    } catch (error) {
      const stage = stageOf(error);
      if (stage === undefined) throw error;
      const { archive, repository } = await staged.vault();
      if (archive === undefined) throw error;
      const objects = await objectsOfStage(stage, archive, repository, context.signal);
      await thawStage(context, staged, { archive, stage, objects });
    }
  }
  return await work();
}

interface StageToThaw {
  readonly archive: ArchiveAccess;
  readonly stage: ThawStage;
  readonly objects: readonly NeededPack[];
}

/** Raises OBJECT_COLD without a wish, THAW_PENDING. */
export async function thawStage(
  context: CliContext,
  { wish, isPreview, consent }: Omit<StagedWork, 'vault'>,
  { archive, stage, objects }: StageToThaw,
): Promise<void> {
  const { nowMs, signal, output } = context;
  const survey = await surveyCold(archive, objects, { nowMs: nowMs(), signal });
  const what = stageWords[stage];
  if (isWithinReach(survey)) return;
  const telling = { survey, offers: thawOffers(archive.thaw, survey) };
  await output.result(
    { type: 'cold', what, ...coldFields(telling) },
    [`${what}:`, ...coldLines(telling)].join('\n  '),
  );
  if (wish === undefined || isPreview) throw coldStage(archive, what);
  await consent(`Thaw ${what}, ${plural(survey.cold.length, 'object')}, now?`);
  await thawFirst(context, { archive, what, survey, wish });
}

function coldStage({ location }: ArchiveAccess, what: string): LifeboatError {
  return new LifeboatError(
    'OBJECT_COLD',
    `${what} at ${location} lie in an archive class and must be thawed first`,
    {
      hint: 'Run it with `--thaw standard`, without --preview: they are thawed first, and then it is known which data are needed. A rule of the store must have moved them; let it leave the vault alone.',
    },
  );
}

/** Raises OBJECT_COLD naming the option, when something is cold and nobody wished for a thaw. */
export function refuseColdData(what: string, survey: ColdSurvey, wish: ThawWish | undefined): void {
  if (wish !== undefined || isWithinReach(survey)) return;
  const count = survey.cold.length + survey.thawing.length;
  throw new LifeboatError(
    'OBJECT_COLD',
    `${what} needs ${plural(count, 'pack')} that lie in an archive class and must be thawed first`,
    {
      hint: 'Say `--thaw standard`, or another speed of those above: it asks for them, waits and then restores. Nothing was written.',
      details: { packs: count },
    },
  );
}
