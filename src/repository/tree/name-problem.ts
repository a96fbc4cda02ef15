const slash = 0x2f;
const dot = 0x2e;

/** Why no file may have this name: a tree is input, and a name must never lead out of its directory. */
export function nameProblem(name: Buffer): string | undefined {
  if (name.length === 0) return 'the name is empty';
  if (name[0] === dot && (name.length === 1 || (name.length === 2 && name[1] === dot))) {
    return 'the name is that of the directory itself or of the one above';
  }
  if (name.includes(slash)) return 'the name holds a slash';
  return name.includes(0) ? 'the name holds a zero byte' : undefined;
}
