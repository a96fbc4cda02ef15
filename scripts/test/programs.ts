/** Programs that tests run, the Debian package of each, and what for. The list holds only what tests call. */
export interface Program {
  readonly name: string;
  readonly debianPackage: string;
  readonly why: string;
}

export const programs: readonly Program[] = [
  {
    name: 'restic',
    debianPackage: 'restic',
    why: 'the oracle: it reads what we write, and we read what it writes',
  },
  { name: 'git', debianPackage: 'git', why: 'the house rules read every file that Git knows' },
];

/** Programs that tests run and every Debian has, so that nobody has to install them. */
export const alwaysThere: readonly string[] = [
  ...[
    'sh',
    'bash',
    'true',
    'false',
    'cat',
    'cp',
    'rm',
    'touch',
    'mkfifo',
    'mknod',
    'dd',
    'tar',
    'sleep',
    'kill',
  ],
  ...['mount', 'umount', 'setpriv', 'unshare', 'script', 'node', 'npm'],
];
