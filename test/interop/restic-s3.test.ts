/** A vault in S3, from the command line, on two real servers: stock restic opens it, and we open what restic made. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type CliOptions, cliEnds, jsonLines, password } from '../e2e/cli-process.ts';
import { compareTrees } from '../support/compare-trees.ts';
import { type S3Server, startMoto, startSwift } from '../support/s3-server.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { type ResticOptions, resticMustSucceed } from '../support/stock-restic.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

interface Scene extends Disposable {
  readonly server: S3Server;
  readonly bucket: string;
  /** As restic writes it, which we take as well. */
  readonly location: string;
  readonly tree: string;
  readonly ours: CliOptions;
  readonly restic: ResticOptions;
  readonly below: (name: string) => string;
}

for (const [name, start] of [
  ['moto', startMoto],
  ['Swift', startSwift],
] as const) {
  describe(`a vault on ${name}`, () => {
    let server: S3Server | undefined;
    before(async () => {
      server = await start();
    });
    after(async () => {
      await server?.[Symbol.asyncDispose]();
    });
    const withScene = (what: string, body: (scene: Scene) => Promise<void>): void => {
      test(what, async () => {
        assert.ok(server);
        using scene = await makeScene(server);
        await body(scene);
      });
    };
    withScene(
      'is made, filled, listed, checked and rescued, and restic finds nothing wrong',
      async (scene) => {
        await ourVault(scene);
        await resticReads(scene, name === 'moto' ? [] : ['--no-lock']);
      },
    );
    // Restic sends its objects in signed chunks where there is no TLS, and Swift takes none.
    if (name === 'moto') withScene('is written by restic and by us in turn', inTurn);
    withScene('is refused clearly and soon when something about it is wrong', wrongs);
  });
}

async function ourVault({ location, tree, ours, below }: Scene): Promise<void> {
  await cliEnds(0, ours, 'vault', 'init', location, '--no-recovery-key');
  const saved = await cliEnds(0, ours, 'backup', '--vault', location, '--path', tree, '--json');
  assert.equal(jsonLines(saved).at(-1)?.['exit_code'], 0);
  const listed = await cliEnds(0, ours, 'snapshots', '--vault', location);
  assert.match(listed.stdout, /1 snapshot/);
  await cliEnds(0, ours, 'check', '--read-data', '--vault', location);
  await cliEnds(0, ours, 'rescue', 'restore', '--vault', location, '--to', below('by-us'));
  assert.deepEqual(compareTrees(tree, join(below('by-us'), tree)), []);
}

async function resticReads({ tree, restic, below }: Scene, flags: readonly string[]): Promise<void> {
  await resticMustSucceed(restic, ...flags, 'check', '--read-data');
  await resticMustSucceed(restic, ...flags, 'restore', 'latest', '--target', below('by-restic'));
  assert.deepEqual(compareTrees(tree, join(below('by-restic'), tree)), []);
}

async function inTurn(scene: Scene): Promise<void> {
  const { location, tree, ours, restic, below } = scene;
  await resticMustSucceed(restic, 'init', '--repository-version', '2');
  await resticMustSucceed(restic, 'backup', tree);
  await cliEnds(0, ours, 'check', '--read-data', '--vault', location);
  await cliEnds(0, ours, 'rescue', 'restore', '--vault', location, '--to', below('by-us'));
  assert.deepEqual(compareTrees(tree, join(below('by-us'), tree)), []);
  writeFileSync(join(tree, 'another'), 'added by us');
  await cliEnds(0, ours, 'backup', '--vault', location, '--path', tree);
  await resticReads(scene, []);
  await resticMustSucceed(restic, 'backup', tree);
  await cliEnds(0, ours, 'check', '--vault', location);
  const listed = await cliEnds(0, ours, 'snapshots', '--vault', location);
  assert.match(listed.stdout, /3 snapshots/);
}

/** Longer than it takes to give up a store that never answered, on a busy machine. */
const soonMs = 40_000;

async function wrongs({ location, server, bucket, ours }: Scene): Promise<void> {
  const began = performance.now();
  const saysOf = async (exitCode: number, options: CliOptions, place: string): Promise<string> =>
    (await cliEnds(exitCode, options, 'snapshots', '--vault', place)).stderr;
  assert.match(await saysOf(10, ours, location), /there is no vault at s3:http/);
  const elsewhere = `s3:${server.endpoint}/no-such-bucket/vault`;
  assert.match(
    await saysOf(1, ours, elsewhere),
    /the bucket does not exist \(NoSuchBucket\)\n.*→ .*create the bucket/s,
  );
  const init = await cliEnds(1, ours, 'vault', 'init', elsewhere, '--no-recovery-key', '--json');
  assert.equal(jsonLines(init).at(-1)?.['code'], 'STORE_UNAVAILABLE');
  const nobody = `s3:http://127.0.0.1:1/${bucket}/vault`;
  assert.match(
    await saysOf(1, ours, nobody),
    /nothing listens at that address.*trying again in \d s\n.*\nerror: /s,
  );
  const environment = { ...ours.environment, AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined };
  assert.match(
    await saysOf(1, { ...ours, environment }, location),
    /no credentials for the store.*→ Set AWS_/s,
  );
  assert.ok(performance.now() - began < soonMs * 2, 'errors come soon');
}

describe('wrong credentials', () => {
  test('are told apart from what they do not allow, and no secret is shown', async () => {
    await using server = await startSwift();
    using scene = await makeScene(server);
    const secret = 'wrong-secret-that-no-output-may-show';
    const environment = { ...scene.ours.environment, AWS_SECRET_ACCESS_KEY: secret };
    const options = { ...scene.ours, environment, secrets: [secret] };
    const run = await cliEnds(1, options, 'snapshots', '--vault', scene.location);
    assert.match(run.stderr, /their secret is wrong \(SignatureDoesNotMatch\)\n.*→ Check AWS_ACCESS_KEY_ID/s);
    const json = await cliEnds(1, options, 'snapshots', '--vault', scene.location, '--json');
    assert.equal(jsonLines(json).at(-1)?.['code'], 'STORE_DENIED');
  });
});

async function makeScene(server: S3Server): Promise<Scene> {
  const folder = temporaryFolder();
  const bucket = await server.makeBucket();
  const location = `s3:${server.endpoint}/${bucket}/vaults/here`;
  const tree = join(folder.path, 'tree');
  makeTree(tree);
  const environment = server.environment;
  return {
    server,
    bucket,
    location,
    tree,
    ours: { folder: folder.path, environment, secrets: [server.secretAccessKey] },
    restic: { repository: location, password, environment },
    below: (name) => join(folder.path, name),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

/** Enough for several packs, and for files that stay together in one. */
function makeTree(tree: string): void {
  const random = seededRandom(4);
  mkdirSync(join(tree, 'deep', 'er'), { recursive: true });
  for (let file = 0; file < 30; file += 1)
    writeFileSync(join(tree, 'deep', `${file}`), random.bytes(file * 997));
  writeFileSync(join(tree, 'deep', 'er', 'large'), random.bytes(25_000_000));
  writeFileSync(join(tree, 'empty'), '');
}
