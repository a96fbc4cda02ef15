/**
 * A canary in a folder: a small file that says when it was written and as which in the row. Read back after a restore,
 * it measures what was really lost. Written only where the plan asks for it.
 */
import fs from 'node:fs/promises';
import { LifeboatError, systemErrorName } from '../../error/lifeboat-error.ts';
import { writeFileAtomically } from '../../platform/atomic-file.ts';

export interface Canary {
  /** Milliseconds since the epoch. */
  readonly timeMs: number;
  /** Grows by one with every writing. */
  readonly sequence: number;
}

/** Writes `{"time": <RFC 3339>, "sequence": n}`: the old canary or the new one is there, never half of one. */
export async function writeFileCanary(file: string, canary: Canary): Promise<void> {
  const text = `${JSON.stringify({ time: new Date(canary.timeMs).toISOString(), sequence: canary.sequence })}\n`;
  try {
    await writeFileAtomically(file, text, 0o644);
  } catch (error) {
    throw new LifeboatError('SOURCE_DENIED', `the canary "${file}" cannot be written`, {
      hint: 'Check that the folder is there and may be written, or take the canary out of the plan.',
      cause: error,
    });
  }
}

/** `undefined` when there is none. Raises SOURCE_INVALID for a file that is not a canary, SOURCE_DENIED. */
export async function readFileCanary(file: string): Promise<Canary | undefined> {
  const canary = parseCanary(await readIfThere(file));
  if (canary !== 'damaged') return canary;
  throw new LifeboatError('SOURCE_INVALID', `"${file}" is not a canary of ours`, {
    hint: 'Remove the file; the next backup writes a new canary.',
  });
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await fs.readFile(file, 'utf8');
  } catch (error) {
    const name = systemErrorName(error);
    if (name === 'ENOENT' || name === 'ENOTDIR') return undefined;
    throw new LifeboatError('SOURCE_DENIED', `the canary "${file}" cannot be read (${name ?? 'unknown'})`, {
      hint: 'Run as a user who may read it, or as root.',
      cause: error,
    });
  }
}

function parseCanary(text: string | undefined): Canary | undefined | 'damaged' {
  if (text === undefined) return undefined;
  const [, time, sequence] = /^\{"time":"([^"]+)","sequence":(\d{1,15})\}\n$/.exec(text) ?? [];
  if (time === undefined || sequence === undefined || Number.isNaN(Date.parse(time))) return 'damaged';
  return { timeMs: Date.parse(time), sequence: Number(sequence) };
}
