/** What a check says of the logs of databases in a vault: their names always, their bytes as far as data are read. */
import { createHash } from 'node:crypto';
import type { LogFinding } from '../log-archive/log-access.ts';
import type { CheckFinding, CheckOptions, CheckReport } from '../repository/repository-types.ts';
import type { Vault } from '../vault/vault.ts';

export interface LogCheckOptions {
  readonly readData: CheckOptions['readData'];
  /** Of a check that reads a share each time, so that every byte is read within this time. */
  readonly rollingWithinMs: number | undefined;
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

export async function withLogPieces(
  vault: Vault,
  report: CheckReport,
  options: LogCheckOptions,
): Promise<CheckReport> {
  const { signal } = options;
  const reads = choiceOf(options);
  const errors: CheckFinding[] = [];
  let bytesRead = 0;
  for (const name of await vault.logs(signal)) {
    const checked = await vault.log(name).check({ reads, signal });
    errors.push(...checked.findings.map(findingOf));
    bytesRead += checked.bytesRead;
  }
  return { ...report, bytesRead: report.bytesRead + bytesRead, errors: [...report.errors, ...errors] };
}

const dayMs = 24 * 60 * 60 * 1000;
/** Shares are told apart by four bytes of a hash. */
const hashEnd = 2 ** 32;

/** Which parts of a log are read. A share of them is the same share of the bytes. */
function choiceOf({ readData, rollingWithinMs, nowMs }: LogCheckOptions): (windowKey: string) => boolean {
  if (readData === 'all') return () => true;
  if (readData === undefined) return () => false;
  if ('part' in readData) return (key) => hashOf(key) % readData.of === readData.part - 1;
  if ('percent' in readData) return (key) => hashOf(`${nowMs} ${key}`) < (readData.percent / 100) * hashEnd;
  const days = Math.max(1, Math.floor((rollingWithinMs ?? dayMs) / dayMs));
  return (key) => hashOf(key) % days === Math.floor(nowMs / dayMs) % days;
}

function hashOf(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE();
}

const hints: Readonly<Record<LogFinding['kind'], string>> = {
  damaged:
    'Recoveries to a moment in it need the log of another vault. Take a new base backup with `lifeboat backup`: what comes after it does not need this piece.',
  conflict:
    'Two servers wrote under one identity. Find out which one must not, stop it, and take a new base backup with `lifeboat backup`.',
  gap: 'Recoveries across it need the log of another vault. Take a new base backup with `lifeboat backup`.',
  strange: 'Find out what put it there; Lifeboat reads no object of such a name.',
  kept: '',
};

function findingOf(finding: LogFinding): CheckFinding {
  return { object: finding.key, what: finding.what, hint: hintOfLog(finding) };
}

/** What to do about it: a sentence or two; empty where there is nothing to do. */
export function hintOfLog({ kind }: LogFinding): string {
  return hints[kind];
}
