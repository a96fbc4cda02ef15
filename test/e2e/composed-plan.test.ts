/** A plan of several files, with a profile, in the hands of the real program. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { afterEach, beforeEach, test } from 'node:test';
import { cliEnds, jsonLines, lastLine } from './cli-process.ts';
import { makeScene, rarely, startUp, type UpScene, uploads } from './up-scene.ts';

let scene: UpScene;

beforeEach(async () => {
  scene = await makeScene();
  fs.mkdirSync(scene.path('parts'));
  fs.writeFileSync(scene.path('lifeboat.yaml'), mainFile);
  writeSystems({ uploads });
});

afterEach(() => scene[Symbol.dispose]());

const stagingId = '6f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d77';

const mainFile = `# the main file
version: 1
metadata: { id: 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d77, name: Shop, owner: Jane Doe }
include:
  - parts/systems.yaml
variables: { place: here }
vaults:
  main: { location: './\${var:place}' }
on_failure: { command: 'echo "$LIFEBOAT_ERROR_CODE" >> alarms.txt' }
profiles:
  staging:
    metadata: { id: ${stagingId} }
    variables: { place: away }
`;

function writeSystems(systems: Readonly<Record<string, object>>): void {
  fs.writeFileSync(scene.path('parts/systems.yaml'), JSON.stringify({ systems }, undefined, 1));
}

const snapshots = (vault: string) =>
  fs.existsSync(scene.path(vault, 'snapshots')) ? fs.readdirSync(scene.path(vault, 'snapshots')).length : 0;

test('lint reads all files and says which one a finding is in', async () => {
  await cliEnds(0, scene.options, 'lint');
  writeSystems({ uploads: { ...uploads, retension: 1 } });
  const text = await cliEnds(6, scene.options, 'lint');
  assert.match(text.stdout, /^parts\/systems\.yaml:14:4: error: unknown key "retension"/m);
  assert.match(text.stdout, /^ {2}14 \| {4}"retension": 1$/m);
  const json = await cliEnds(6, scene.options, 'lint', '--json');
  const finding = jsonLines(json).find(({ rule }) => rule === 'unknown-key');
  assert.deepEqual([finding?.['file'], finding?.['line']], ['parts/systems.yaml', 14]);
  fs.rmSync(scene.path('parts/systems.yaml'));
  const gone = await cliEnds(6, scene.options, 'lint');
  assert.match(
    gone.stdout,
    /^lifeboat\.yaml:5:5: error: there is no file parts\/systems\.yaml \[include-missing\]$/m,
  );
});

test('a backup under a profile goes where the profile says, and the vault alone tells the plan', async () => {
  await cliEnds(0, scene.options, 'backup', '--profile', 'staging');
  assert.deepEqual([snapshots('here'), snapshots('away')], [0, 1]);
  const kept = await cliEnds(0, scene.options, 'rescue', 'plan', '--vault', 'away');
  assert.match(
    kept.stdout,
    /^# composed from lifeboat\.yaml, parts\/systems\.yaml under the profile staging$/m,
  );
  assert.match(kept.stdout, new RegExp(`id: ${stagingId}`));
  assert.match(kept.stdout, /location: \.\/away/);
  await cliEnds(0, scene.options, 'rescue', 'plan', '--vault', 'away', '--to', 'rescued.yaml');
  const run = (...words: readonly string[]) => cliEnds(0, scene.options, 'points', '--json', ...words);
  const points = jsonLines(await run('--plan', 'rescued.yaml')).filter(({ type }) => type === 'point');
  assert.equal(points.length, 1);
  assert.deepEqual(
    jsonLines(await run('--profile', 'staging')).filter(({ type }) => type === 'point'),
    points,
  );
  const environment = { LIFEBOAT_PROFILE: 'staging' };
  await cliEnds(0, { ...scene.options, environment }, 'backup');
  await cliEnds(0, { ...scene.options, environment }, 'backup', '--profile', '');
  assert.deepEqual([snapshots('here'), snapshots('away')], [1, 2]);
});

test('a profile that is not there stops every command before it does anything', async () => {
  for (const command of ['backup', 'lint', 'snapshots', 'status', 'run-due']) {
    const run = await cliEnds(2, scene.options, command, '--profile', 'stagin', '--json');
    assert.match(String(lastLine(run)['message']), /no profile "stagin"/, command);
    assert.match(String(lastLine(run)['hint']), /staging/, command);
  }
  assert.deepEqual([snapshots('here'), snapshots('away')], [0, 0]);
});

test('up reads the plan again when an included file changes, and sees one that comes back', async () => {
  await using running = startUp(scene.options);
  await running.line('pass');
  const part = { source: { kind: 'files', paths: ['./parts'] }, schedule: rarely };
  writeSystems({ uploads, part });
  await running.line('plan');
  await running.line('backup', { system: 'part', verdict: 'pass' });
  fs.rmSync(scene.path('parts/systems.yaml'));
  await running.line('on_failure', { subject: 'plan' });
  writeSystems({ uploads });
  await running.line('on_failure', { event: 'recovered' });
  assert.deepEqual(scene.alarms(), ['PLAN_INVALID', 'RECOVERED']);
});
