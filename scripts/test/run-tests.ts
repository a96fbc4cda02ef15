import fs from 'node:fs';
import os from 'node:os';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

const fileTimeoutMs = 15 * 60 * 1000;

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  /** What was skipped, with the reason it gave. */
  readonly skipped: readonly string[];
}

export interface TestSelection {
  /** Globs, relative to `root`. */
  readonly globs: readonly string[];
  /** Only tests whose names match. */
  readonly grep: string | undefined;
}

/** Runs test files, each in a process of its own, and streams their results to standard output. */
export async function runTests(root: string, { globs, grep }: TestSelection): Promise<Counts> {
  const files = globs.flatMap((glob) => fs.globSync(glob, { cwd: root })).sort();
  const stream = run({
    files: files.map((file) => `${root}/${file}`),
    cwd: root,
    concurrency: os.availableParallelism(),
    timeout: fileTimeoutMs,
    ...(grep === undefined ? {} : { testNamePatterns: [grep] }),
  });
  const tally = { passed: 0, failed: 0, skipped: [] as string[] };
  stream.on('test:pass', (event) => {
    if (event.details.type === 'suite' || isFile(event.name)) return;
    if (event.skip === undefined && event.todo === undefined) tally.passed += 1;
    else tally.skipped.push(`${event.name}: ${String(event.skip ?? event.todo)}`);
  });
  stream.on('test:fail', (event) => {
    // A suite fails because a test in it did, and that one is counted; a file may fail by itself.
    if (event.details.type !== 'suite' || event.details.error.message.includes('hook')) tally.failed += 1;
  });
  for await (const text of stream.compose(new spec())) process.stdout.write(String(text));
  return tally;
}

/** A file without tests of its own reports itself as one. */
function isFile(name: string): boolean {
  return name.endsWith('.test.ts');
}
