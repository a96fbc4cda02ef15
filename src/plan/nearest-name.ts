/** The candidate that a person most likely meant, or nothing when none is near. Bounded: long texts match nothing. */
export function nearestName(text: string, candidates: readonly string[]): string | undefined {
  if (text.length > nameLengthMax) return undefined;
  const given = normalised(text);
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(given.length / 3)) + 1;
  for (const candidate of candidates.slice(0, candidatesMax)) {
    if (Math.abs(candidate.length - text.length) > bestDistance + 2) continue;
    const distance = editDistance(given, normalised(candidate));
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

const nameLengthMax = 80;
const candidatesMax = 500;

function normalised(text: string): string {
  return text.toLowerCase().replaceAll(/[-_ ]/g, '');
}

/** Insertions, deletions, replacements and swaps of neighbours between two texts (optimal string alignment). */
function editDistance(left: string, right: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const same = left[row - 1] === right[column - 1];
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      const steps = [
        at(previous, column) + 1,
        at(current, column - 1) + 1,
        at(previous, column - 1) + (same ? 0 : 1),
      ];
      if (swapped && row > 1) steps.push(at(beforePrevious, column - 2) + 1);
      current.push(Math.min(...steps));
    }
    beforePrevious = previous;
    previous = current;
  }
  return at(previous, right.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
