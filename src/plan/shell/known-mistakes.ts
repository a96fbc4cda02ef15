/**
 * Options that people write and that the program does not have, each tried or looked up in its own documentation.
 * Only what is certain stands here: a program that is not in the table may have any option.
 */
import { subcommandOf } from './call-options.ts';
import type { ProgramCall } from './program-call.ts';
import type { ShellWord } from './shell-script.ts';

interface Mistake {
  readonly program: string;
  /** Words that choose what the program does. */
  readonly does?: readonly string[];
  readonly wrong: string;
  /** What does the same; absent where nothing does. */
  readonly right?: string;
  readonly why?: string;
}

const transferring = ['s3 cp', 's3 mv', 's3 rm', 's3 sync'];

const mistakes: readonly Mistake[] = [
  { program: 'aws', does: transferring, wrong: '--dry-run', right: '--dryrun' },
  { program: 'aws', does: ['s3 sync'], wrong: '--recursive', why: 'a sync is recursive by itself' },
  { program: 'aws', does: ['s3 cp', 's3 mv'], wrong: '--delete', why: 'only "s3 sync" deletes' },
  { program: 'aws', does: ['s3 ls'], wrong: '--dryrun' },
  { program: 'rsync', wrong: '--dryrun', right: '--dry-run' },
  { program: 'rclone', wrong: '--dryrun', right: '--dry-run' },
  { program: 'gsutil', does: ['rsync'], wrong: '--dry-run', right: '-n' },
  { program: 'gsutil', does: ['rsync'], wrong: '--dryrun', right: '-n' },
  { program: 'gsutil', does: ['rsync'], wrong: '--delete', right: '-d' },
  { program: 'kubectl', wrong: '--dryrun', right: '--dry-run=client' },
  { program: 'pg_dump', wrong: '--single-transaction', why: 'it always reads one moment' },
  { program: 'mysql', wrong: '--single-transaction', why: 'it is an option of mysqldump' },
  { program: 'mysqldump', wrong: '--dry-run' },
  { program: 'pg_dump', wrong: '--dry-run' },
  { program: 'pg_restore', wrong: '--dry-run', right: '--list' },
  { program: 'tar', wrong: '--dry-run', right: '--list' },
];

export interface WrongOption {
  readonly word: ShellWord;
  readonly right?: string;
  readonly why?: string;
}

export function wrongOptions(call: ProgramCall): readonly WrongOption[] {
  return mistakes
    .filter(({ program, does }) => program === call.program && doesThis(call, does))
    .flatMap(({ wrong, right, why }) => {
      const word = call.args.find(({ text }) => text === wrong);
      if (word === undefined) return [];
      return [{ word, ...(right === undefined ? {} : { right }), ...(why === undefined ? {} : { why }) }];
    });
}

function doesThis(call: ProgramCall, does: readonly string[] | undefined): boolean {
  return does === undefined || does.some((words) => subcommandOf(call, words.split(' ').length) === words);
}
