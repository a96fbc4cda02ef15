/** `drwxr-xr-x` from the mode that a snapshot keeps. Source: Go's `fs.FileMode`, whose high bits are its own. */
const goSetuid = 1 << 23;
const goSetgid = 1 << 22;
const goSticky = 1 << 20;

const typeLetters: Readonly<Record<string, string>> = {
  dir: 'd',
  symlink: 'l',
  dev: 'b',
  chardev: 'c',
  fifo: 'p',
  socket: 's',
};

export function modeText(type: string, mode: number): string {
  const triple = (shift: number, special: boolean, letter: string) => {
    const bits = (mode >> shift) & 7;
    const run = (bits & 1) === 1;
    const last = special ? (run ? letter : letter.toUpperCase()) : run ? 'x' : '-';
    return `${bits & 4 ? 'r' : '-'}${bits & 2 ? 'w' : '-'}${last}`;
  };
  return [
    typeLetters[type] ?? '-',
    triple(6, (mode & goSetuid) !== 0, 's'),
    triple(3, (mode & goSetgid) !== 0, 's'),
    triple(0, (mode & goSticky) !== 0, 't'),
  ].join('');
}
