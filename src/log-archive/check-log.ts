/** Looks for what is wrong with a log: damage, pieces that disagree, bytes that are missing, names of nobody. */
import { hasCode } from '../error/lifeboat-error.ts';
import { runsOf } from './compact-log.ts';
import { coverageOf } from './coverage.ts';
import { layOver } from './lay-over.ts';
import { isPiece, type ListedPiece } from './list-log.ts';
import type { LogAccess, LogFinding } from './log-access.ts';
import type { CheckLogOptions, CheckLogReport } from './log-keeping.ts';
import { logPrefixOf, parseLogKey, positionHex, spanKey, windowPrefix } from './piece-key.ts';
import { readObject } from './piece-object.ts';
import { damageFinding } from './read-log.ts';

/**
 * What may lie behind a hole that a crash left: several writes are on their way at once, and the one in front did not
 * arrive. Whoever goes on stores it again.
 */
const unfinishedBytesMax = 8n * 1024n * 1024n;

export async function checkLog(access: LogAccess, options: CheckLogOptions = {}): Promise<CheckLogReport> {
  const { reads = () => false, signal } = options;
  const findings: LogFinding[] = [];
  const listed = await listAll(access, findings, signal);
  for (const [branch, own] of Map.groupBy(listed, (piece) => piece.branch))
    findings.push(...gapFindings(access, branch, own));
  let [piecesRead, bytesRead] = [0, 0];
  for (const { span, pieces } of runsOf(listed.filter(isPiece))) {
    if (!reads(windowPrefix(access, span.branch, span.start))) continue;
    const laid = await layOverIfThere(access, span, pieces, signal);
    findings.push(...laid.findings);
    piecesRead += pieces.length;
    bytesRead += laid.bytesRead;
  }
  for (const { key } of listed.filter((each) => !isPiece(each)))
    findings.push(...(await textFindings(access, key, signal)));
  return { pieces: listed.length, piecesRead, bytesRead, findings };
}

async function listAll(
  access: LogAccess,
  findings: LogFinding[],
  signal?: AbortSignal,
): Promise<readonly ListedPiece[]> {
  const listed: ListedPiece[] = [];
  for await (const { key, size } of access.store.list(logPrefixOf(access), signal)) {
    const parsed = parseLogKey(key);
    if (parsed === undefined)
      findings.push({ kind: 'strange', key, what: 'is not the name of a piece of a log' });
    else listed.push({ ...parsed, size });
  }
  return listed.sort((a, b) => (a.key < b.key ? -1 : 1));
}

function gapFindings(access: LogAccess, branch: string, own: readonly ListedPiece[]): readonly LogFinding[] {
  const { spans, gaps } = coverageOf(branch, own);
  const end = spans.at(-1)?.end ?? 0n;
  return gaps
    .filter((gap) => !gap.isDeclared && end - gap.end > unfinishedBytesMax)
    .map((gap) => ({
      kind: 'gap' as const,
      key: spanKey(access, gap, 'chunk'),
      what: `is in no piece: ${gap.end - gap.start} bytes from ${positionHex(gap.start)} on are missing`,
    }));
}

/** What a compaction replaced meanwhile was read back by it. */
async function layOverIfThere(
  ...args: Parameters<typeof layOver>
): Promise<Awaited<ReturnType<typeof layOver>>> {
  try {
    return await layOver(...args);
  } catch (error) {
    if (hasCode(error, 'OBJECT_MISSING')) return { findings: [], bytesRead: 0 };
    throw error;
  }
}

async function textFindings(
  access: LogAccess,
  key: string,
  signal?: AbortSignal,
): Promise<readonly LogFinding[]> {
  try {
    await readObject(access, key, signal);
    return [];
  } catch (error) {
    if (hasCode(error, 'OBJECT_MISSING')) return [];
    if (!hasCode(error, 'OBJECT_DAMAGED')) throw error;
    return [damageFinding(key, error)];
  }
}
