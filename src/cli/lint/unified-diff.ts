/** What differs between two texts, as `diff -u` writes it. */

/** Lines that stay the same around a change. */
const contextLines = 3;
/** Beyond this many differences the middle is shown as one change: the shortest way through it would take too long. */
const differencesMax = 4000;

interface Change {
  /** Lines `from` to `to` of the old text become lines `newFrom` to `newTo` of the new one; ends are exclusive. */
  readonly from: number;
  readonly to: number;
  readonly newFrom: number;
  readonly newTo: number;
}

export interface DiffLine {
  /** ` ` for lines that stay, `@` for the line that says where. */
  readonly sign: ' ' | '+' | '-' | '@';
  readonly text: string;
  /** Which line of its text it is, from 0: of the old text for those that go, else of the new one. */
  readonly index: number;
}

/** Nothing for texts that are the same. The texts end their lines with `\n`; a last line without is marked. */
export function diffLines(before: string, after: string): readonly DiffLine[] {
  const [old, young] = [linesOf(before), linesOf(after)];
  return hunksOf(changesBetween(old, young)).flatMap((hunk) => hunkLines(hunk, old, young));
}

const noNewline = '\n\\ No newline at end of file';

function linesOf(text: string): readonly string[] {
  if (text === '') return [];
  const lines = text.split('\n');
  const last = lines.pop() ?? '';
  return last === '' ? lines : [...lines, last + noNewline];
}

function changesBetween(old: readonly string[], young: readonly string[]): readonly Change[] {
  let start = 0;
  while (start < old.length && start < young.length && old[start] === young[start]) start += 1;
  let [oldEnd, newEnd] = [old.length, young.length];
  while (oldEnd > start && newEnd > start && old[oldEnd - 1] === young[newEnd - 1]) {
    oldEnd -= 1;
    newEnd -= 1;
  }
  if (start === oldEnd && start === newEnd) return [];
  const kept = keptLines(old.slice(start, oldEnd), young.slice(start, newEnd));
  const changes: Change[] = [];
  let [from, newFrom] = [start, start];
  for (const [index, newIndex] of [...kept, [oldEnd - start, newEnd - start] as const]) {
    const [to, newTo] = [start + index, start + newIndex];
    if (to > from || newTo > newFrom) changes.push({ from, to, newFrom, newTo });
    [from, newFrom] = [to + 1, newTo + 1];
  }
  return changes;
}

/** Pairs of lines that stay, by Myers' algorithm: round `d` finds how far one gets with `d` differences. */
function keptLines(old: readonly string[], young: readonly string[]): readonly (readonly [number, number])[] {
  const rounds: Map<number, number>[] = [];
  const reached = new Map<number, number>([[1, 0]]);
  for (let d = 0; d <= Math.min(old.length + young.length, differencesMax); d += 1) {
    rounds.push(new Map(reached));
    for (let k = -d; k <= d; k += 2) {
      let x = startOf(reached, k, d);
      while (x < old.length && x - k < young.length && old[x] === young[x - k]) x += 1;
      reached.set(k, x);
      if (x >= old.length && x - k >= young.length) return walkedBack(rounds, old.length, young.length);
    }
  }
  return [];
}

function startOf(reached: ReadonlyMap<number, number>, k: number, d: number): number {
  const [below, above] = [reached.get(k - 1) ?? -1, reached.get(k + 1) ?? -1];
  return k === -d || (k !== d && below < above) ? above : below + 1;
}

function walkedBack(
  rounds: readonly ReadonlyMap<number, number>[],
  oldLength: number,
  newLength: number,
): readonly (readonly [number, number])[] {
  const kept: (readonly [number, number])[] = [];
  let [x, y] = [oldLength, newLength];
  for (let d = rounds.length - 1; d >= 0; d -= 1) {
    const reached = rounds[d] ?? new Map<number, number>();
    const k = x - y;
    const start = d === 0 ? 0 : startOf(reached, k, d);
    while (x > start && y > start - k) {
      x -= 1;
      y -= 1;
      kept.push([x, y]);
    }
    if (d > 0) [x, y] = cameFrom(reached, k, d);
  }
  return kept.reverse();
}

function cameFrom(reached: ReadonlyMap<number, number>, k: number, d: number): readonly [number, number] {
  const [below, above] = [reached.get(k - 1) ?? -1, reached.get(k + 1) ?? -1];
  return k === -d || (k !== d && below < above) ? [above, above - k - 1] : [below, below - k + 1];
}

function hunksOf(changes: readonly Change[]): readonly (readonly Change[])[] {
  const hunks: Change[][] = [];
  for (const change of changes) {
    const last = hunks.at(-1);
    const isNear = change.from - (last?.at(-1)?.to ?? Number.NEGATIVE_INFINITY) <= 2 * contextLines;
    if (last !== undefined && isNear) last.push(change);
    else hunks.push([change]);
  }
  return hunks;
}

function hunkLines(
  hunk: readonly Change[],
  old: readonly string[],
  young: readonly string[],
): readonly DiffLine[] {
  const [first, last] = [hunk[0], hunk.at(-1)];
  if (first === undefined || last === undefined) return [];
  const from = Math.max(0, first.from - contextLines);
  const to = Math.min(old.length, last.to + contextLines);
  const newFrom = first.newFrom - (first.from - from);
  const newTo = last.newTo + (to - last.to);
  const lines: DiffLine[] = [
    { sign: '@', text: `@@ -${range(from, to)} +${range(newFrom, newTo)} @@`, index: newFrom },
  ];
  let newAt = newFrom;
  for (const change of hunk) {
    lines.push(...signed(' ', young, newAt, change.newFrom));
    lines.push(
      ...signed('-', old, change.from, change.to),
      ...signed('+', young, change.newFrom, change.newTo),
    );
    newAt = change.newTo;
  }
  return [...lines, ...signed(' ', young, newAt, newTo)];
}

function signed(
  sign: DiffLine['sign'],
  lines: readonly string[],
  from: number,
  to: number,
): readonly DiffLine[] {
  return lines.slice(from, to).map((text, index) => ({ sign, text, index: from + index }));
}

function range(from: number, to: number): string {
  const count = to - from;
  return count === 1 ? `${from + 1}` : `${count === 0 ? from : from + 1},${count}`;
}
