/**
 * The rooms of the house, lowest layer first: the table behind "who may import whom". ARCHITECTURE.md tells
 * the same in words. A new room is a new row, and usually a decision record.
 */
export interface Room {
  readonly name: string;
  readonly layer: number;
  /** Paths below `src/`: a file, or a folder with a slash at its end. The longest match wins. */
  readonly holds: readonly string[];
  /** Rooms of the same layer that it may import, each with the reason. */
  readonly also?: Readonly<Record<string, string>>;
}

const partOfTheModel = 'the values of the domain refer to each other; cycles are caught by their own rule';

/** Layer 1 rooms may import each other. */
const model = (name: string, holds: readonly string[]): Room => ({ name, layer: 1, holds });

export const sameLayerReason: Readonly<Record<number, string>> = { 1: partOfTheModel };

export const rooms: readonly Room[] = [
  {
    name: 'platform',
    layer: 0,
    holds: ['platform/'],
    also: { error: 'a system call that fails raises the one error' },
  },
  { name: 'error', layer: 0, holds: ['error/'] },

  model('object-store port', [
    'object-store/object-store.ts',
    'object-store/abilities.ts',
    'object-store/key.ts',
    'object-store/is-there.ts',
    'object-store/object-errors.ts',
  ]),
  model('source ports', [
    'source/source.ts',
    'source/log-source.ts',
    'source/destination.ts',
    'source/entry-metadata.ts',
    'source/position.ts',
  ]),
  model('log-archive port', ['log-archive/log-archive.ts']),
  model('recovery-point', ['recovery-point/']),
  model('objective', ['objective/']),
  model('schedule', ['schedule/']),
  model('plan', ['plan/']),
  model('evidence', ['evidence/']),

  { name: 'seal', layer: 2, holds: ['seal/'] },
  { name: 'repository', layer: 2, holds: ['repository/'], also: { seal: 'packs and keys are sealed' } },
  { name: 'log-archive', layer: 2, holds: ['log-archive/'], also: { seal: 'log segments are sealed' } },
  {
    name: 'vault',
    layer: 2,
    holds: ['vault/'],
    also: {
      seal: 'what lies below lifeboat/ is sealed under the master key',
      repository: 'opening a vault opens its repository',
      'log-archive': 'opening a vault opens its log archive',
    },
  },
  { name: 'object-store wrappers', layer: 2, holds: ['object-store/'] },

  { name: 'backup', layer: 3, holds: ['backup/'] },
  { name: 'log-shipping', layer: 3, holds: ['log-shipping/'] },
  {
    name: 'copy',
    layer: 3,
    holds: ['copy/'],
    also: { backup: 'a copied point is read back, and counts, exactly as a captured one' },
  },
  { name: 'thaw', layer: 3, holds: ['thaw/'] },
  {
    name: 'restore',
    layer: 3,
    holds: ['restore/'],
    also: { thaw: 'a preview says what must be thawed before anything can be read' },
  },
  {
    name: 'verify',
    layer: 3,
    holds: ['verify/'],
    also: { restore: 'a proof is the very restore that a disaster would use, followed by checks' },
  },
  { name: 'rest-server', layer: 3, holds: ['rest-server/'] },
  { name: 'heal', layer: 3, holds: ['heal/'] },
  { name: 'evidence documents', layer: 3, holds: ['evidence/documents/'] },

  ...['local', 'memory', 's3', 'azure'].map((kind) => ({
    name: `object-store/${kind}`,
    layer: 4,
    holds: [`object-store/${kind}/`],
  })),
  ...['files', 'sqlite', 'postgres', 'env', 'command'].map((kind) => ({
    name: `source/${kind}`,
    layer: 4,
    holds: [`source/${kind}/`],
  })),
  { name: 'engine', layer: 4, holds: ['engine/'] },
  { name: 'catalog', layer: 4, holds: ['catalog/'] },

  { name: 'config', layer: 5, holds: ['config/'] },
  { name: 'cli', layer: 5, holds: ['cli/'], also: { config: 'thin edges read the configuration' } },
  { name: 'api', layer: 5, holds: ['api/'], also: { config: 'thin edges read the configuration' } },
  {
    name: 'app',
    layer: 5,
    holds: ['app.ts', 'app-postgres.ts', 'app-recovery.ts', 'wal-direct.ts'],
    also: {
      api: 'the root of the server composes it',
      cli: 'the root composes it',
      config: 'the root reads it',
      rescue: 'the larger root contains the smaller one',
    },
  },
  {
    name: 'rescue',
    layer: 5,
    holds: ['rescue.ts'],
    also: { cli: 'the smaller root composes the rescue commands', config: 'the root reads it' },
  },
  {
    name: 'main',
    layer: 5,
    holds: ['main.ts'],
    also: {
      app: 'main chooses the root',
      rescue: 'main chooses the root',
      cli: 'the answer to --help and --version needs no root',
      config: 'main reads what chooses the root',
    },
  },
];

/** Composition roots: the only files that know adapters. */
export const rootRooms: readonly string[] = ['app', 'rescue'];

/** Files of a room that others may import; rooms that are not named here have no closed front. */
export const fronts: Readonly<Record<string, readonly string[]>> = {
  repository: [
    'src/repository/repository.ts',
    'src/repository/repository-types.ts',
    'src/repository/repair-types.ts',
    'src/repository/prune-types.ts',
    'src/repository/work-progress.ts',
    'src/repository/spare-key.ts',
    'src/repository/for-each-limited.ts',
    'src/repository/sealed-objects.ts',
  ],
};

/** What the way back must never need. */
export const forbiddenForRescue: readonly string[] = ['catalog', 'engine', 'api'];

export function roomOf(file: string): Room | undefined {
  if (!file.startsWith('src/')) return undefined;
  const below = file.slice('src/'.length);
  const matches = rooms.flatMap((room) =>
    room.holds.filter((hold) => holds(hold, below)).map((hold) => ({ room, hold })),
  );
  return matches.sort((a, b) => b.hold.length - a.hold.length)[0]?.room;
}

function holds(hold: string, below: string): boolean {
  if (!hold.endsWith('/')) return hold === below;
  if (!below.startsWith(hold)) return false;
  // Files directly in src/object-store are its wrappers; its folders are adapters, each a row of its own.
  return hold !== 'object-store/' || !below.slice(hold.length).includes('/');
}
