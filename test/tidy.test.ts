/**
 * The house rules, checked on the source itself. Each failure names the file and the line, the rule, and why
 * the rule exists. The rules are in `test/tidy/`, and their own tests show that each of them can fail.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import test from 'node:test';
import { staleDocuments } from '../scripts/generate.ts';
import { errorCodes } from '../src/error/codes.ts';
import { badDecisions, badFragments, unmentioned } from './tidy/document-rules.ts';
import { breakGlass, noCycles } from './tidy/graph-rules.ts';
import { forbiddenIn, houseRules, incompleteIn, resolvedIn } from './tidy/house-rules.ts';
import {
  adaptersStandAlone,
  builtInsByFullName,
  everyFileHasARoom,
  frontsOnly,
  importsCanBeRead,
  layersPointInwards,
  packagesHaveOneRoom,
  persistencePointsInwards,
} from './tidy/import-rules.ts';
import { filesBelow, isShipped, loadProject, type Rule, readText, report, root } from './tidy/project.ts';
import { layerOneIsPure, onlyPlatformTouchesTheMachine } from './tidy/purity-rules.ts';
import {
  filesAreShort,
  functionsAreShort,
  importsResolve,
  noBarrels,
  noDefaultExports,
} from './tidy/shape-rules.ts';

const rules: readonly Rule[] = [
  everyFileHasARoom,
  importsCanBeRead,
  layersPointInwards,
  layerOneIsPure,
  packagesHaveOneRoom,
  builtInsByFullName,
  adaptersStandAlone,
  frontsOnly,
  breakGlass,
  persistencePointsInwards,
  noCycles,
  noBarrels,
  noDefaultExports,
  importsResolve,
  filesAreShort,
  functionsAreShort,
  onlyPlatformTouchesTheMachine,
  ...houseRules,
];

const project = loadProject();

test('the scan finds the project', () => {
  assert.ok(project.sources.length > 10);
  assert.ok(project.sources.some((file) => file.imports.length > 3));
});

for (const rule of rules) {
  test(rule.name, () => {
    const findings = rule.check(project);
    assert.ok(findings.length === 0, report(rule, findings));
  });
}

test('no file names a folder of one machine or the host of a registry', () => {
  const findings = forbiddenIn(trackedTexts());
  assert.deepEqual(findings, []);
});

test('the lock file does not say where packages come from', () => {
  assert.deepEqual(resolvedIn(readText('package-lock.json')), []);
});

test('npm ci finds every platform and every hash in the lock file', () => {
  assert.deepEqual(incompleteIn(readText('package-lock.json')), []);
});

test('generated files are fresh', () => {
  const stale = staleDocuments().map((document) => document.path);
  assert.deepEqual(
    stale,
    [],
    'run "npm run generate": what the code says and what the reference says differ',
  );
});

test('every error code is documented', () => {
  const page = readText('docs/reference/errors.md');
  const missing = Object.keys(errorCodes).filter((code) => !page.includes(`\`${code}\``));
  assert.deepEqual(missing, []);
});

const textsBelow = (folder: string) => filesBelow(folder).map((path) => ({ path, text: readText(path) }));

test('changelog fragments and decision records have their form', () => {
  assert.deepEqual(badFragments(textsBelow('changelog.d')), []);
  assert.deepEqual(badDecisions(textsBelow('docs/decisions')), []);
});

test('every library is in the decision record, every folder of src in the architecture', () => {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(readText('package.json'));
  const libraries = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies });
  const record = 'docs/decisions/0002-libraries.md';
  assert.deepEqual(unmentioned({ path: record, text: readText(record) }, libraries), []);
  const folders = project.sources.filter(isShipped).map((file) => file.path.split('/')[1] ?? '');
  const rooms = [...new Set(folders)].filter((name) => !name.endsWith('.ts'));
  assert.deepEqual(unmentioned({ path: 'ARCHITECTURE.md', text: readText('ARCHITECTURE.md') }, rooms), []);
});

/** Files that Git knows or would add, but for what is binary. */
function trackedTexts() {
  const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
  });
  return String(list)
    .split('\0')
    .filter((path) => path !== '' && !/\.(?:png|gif|jpg|wasm|gz|zst|sqlite|db|bin|pdf)$/.test(path))
    .flatMap((path) => textIfThere(path));
}

/** A file may be listed and already gone. */
function textIfThere(path: string) {
  try {
    return [{ path, text: readText(path) }];
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'EISDIR'))
      return [];
    throw error;
  }
}
