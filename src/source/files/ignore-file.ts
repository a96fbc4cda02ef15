/** Reads an ignore file (`.lifeboatignore`) that was found on the way. */
import fs from 'node:fs';
import { type ByteString, toBytes, toText } from './byte-path.ts';
import { addProblem, type ProblemList } from './problem-list.ts';
import { readFailure } from './read-failure.ts';

/** A larger file is a mistake, not a list of patterns. */
const ignoreFileBytesMax = 1024 * 1024;

/** The lines as a byte string; `undefined` when they cannot be had, which is a problem: the rules are unknown. */
export function readIgnoreFile(path: ByteString, problems: ProblemList): ByteString | undefined {
  try {
    const bytes = toBytes(path);
    const stats = fs.statSync(bytes);
    // A pipe of this name would keep us waiting for ever, and a folder of this name has no lines.
    if (!stats.isFile()) return undefined;
    if (stats.size > ignoreFileBytesMax) {
      addProblem(problems, {
        path: toText(path),
        reason: 'the ignore file is larger than 1 MiB and was not used',
      });
      return undefined;
    }
    return fs.readFileSync(bytes, { encoding: 'latin1' }).replace(/^\u00ef\u00bb\u00bf/, '');
  } catch (error) {
    addProblem(problems, { path: toText(path), reason: `ignore file not used: ${readFailure(error)}` });
    return undefined;
  }
}
