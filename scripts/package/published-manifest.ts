interface Manifest {
  readonly [field: string]: unknown;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** The manifest as published: without what only the checkout needs, and with the compiled program. */
export function publishedManifest(manifest: Manifest): Manifest {
  const { scripts, devDependencies, optionalDependencies = {}, workspaces, ...published } = manifest;
  const optional = Object.entries(optionalDependencies).filter(([name]) => !name.startsWith('node-linux-'));
  return {
    ...published,
    bin: {
      lifeboat: 'main.js',
      'lifeboat-archive-wal': 'wal-programs/lifeboat-archive-wal.mjs',
      'lifeboat-restore-wal': 'wal-programs/lifeboat-restore-wal.mjs',
    },
    ...(optional.length === 0 ? {} : { optionalDependencies: Object.fromEntries(optional) }),
  };
}
