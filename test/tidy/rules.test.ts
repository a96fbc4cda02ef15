/** Each rule, shown to fail on a small bad project and to pass on a good one. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { badDecisions, badFragments, unmentioned } from './document-rules.ts';
import { breakGlass, noCycles } from './graph-rules.ts';
import {
  forbiddenIn,
  incompleteIn,
  noOnly,
  programsAreListed,
  resolvedIn,
  skipsAreExplained,
  testsAssert,
  unusedCodes,
} from './house-rules.ts';
import {
  adaptersStandAlone,
  builtInsByFullName,
  everyFileHasARoom,
  frontsOnly,
  importsCanBeRead,
  layersPointInwards,
  packagesHaveOneRoom,
  persistencePointsInwards,
} from './import-rules.ts';
import { projectOf, type Rule } from './project.ts';
import { layerOneIsPure, onlyPlatformTouchesTheMachine } from './purity-rules.ts';
import {
  filesAreShort,
  functionsAreShort,
  functionsOf,
  importsResolve,
  noBarrels,
  noDefaultExports,
} from './shape-rules.ts';

type Texts = Readonly<Record<string, string>>;

function found(rule: Rule, texts: Texts): readonly string[] {
  return rule.check(projectOf(texts)).map((finding) => `${finding.path}:${finding.line}`);
}

function fails(rule: Rule, path: string, text: string, line = 1): void {
  assert.deepEqual(found(rule, { [path]: text }), [`${path}:${line}`], `${path}: ${text}`);
}

function passes(rule: Rule, path: string, text: string): void {
  assert.deepEqual(found(rule, { [path]: text }), [], `${path}: ${text}`);
}

test('a file in no room is found', () => {
  fails(everyFileHasARoom, 'src/misc/things.ts', '');
  fails(everyFileHasARoom, 'src/object-store/tape/tape.ts', '');
  fails(everyFileHasARoom, 'src/source/describe.ts', '');
  passes(everyFileHasARoom, 'src/object-store/retry.ts', '');
  passes(everyFileHasARoom, 'src/source/files/walk.ts', '');
  passes(everyFileHasARoom, 'src/misc/things.test.ts', '');
});

test('a computed import is found', () => {
  fails(importsCanBeRead, 'src/plan/a.ts', '\nawait import(name);', 2);
  fails(importsCanBeRead, 'src/repository/a.ts', 'siblingModule(import.meta.url, name);');
});

test('imports against the layers are found', () => {
  const bad: Texts = {
    'src/error/a.ts': "import { a } from '../platform/clock.ts';",
    'src/plan/a.ts': "import { a } from '../platform/../backup/backup.ts';",
    'src/seal/a.ts': "import { a } from '../repository/repository.ts';",
    'src/object-store/retry.ts': "import { a } from '../seal/seal.ts';",
    'src/backup/a.ts': "import { a } from '../object-store/local/local.ts';",
    'src/restore/a.ts': "import { a } from '../backup/backup.ts';",
    'src/object-store/s3/a.ts': "import { a } from '../retry.ts';",
    'src/source/files/a.ts': "import { a } from '../../repository/repository.ts';",
    'src/cli/a.ts': "import { a } from '../object-store/local/local.ts';",
    'src/api/a.ts': "import { a } from '../cli/b.ts';",
    'src/rescue.ts': "import { a } from './app.ts';",
    'src/recovery-point/a.ts': "siblingModule(import.meta.url, '../seal/worker.ts');",
    'src/verify/a.ts': "type A = import('../engine/queue.ts').Queue;",
    'src/config/a.ts': "import { a } from '../../test/fixture.ts';",
  };
  for (const [path, text] of Object.entries(bad)) fails(layersPointInwards, path, text);
});

test('imports along the layers pass', () => {
  const good: Texts = {
    'src/platform/a.ts': "import { a } from '../error/assert.ts';",
    'src/plan/a.ts': "import { a } from '../schedule/due.ts';",
    'src/repository/a.ts': "import { a } from '../seal/seal.ts';",
    'src/vault/a.ts': "import { a } from '../repository/repository.ts';",
    'src/backup/a.ts': "import { a } from '../vault/vault.ts';",
    'src/source/files/a.ts': "import type { Source } from '../source.ts';",
    'src/object-store/local/a.ts': "import type { ObjectStore } from '../object-store.ts';",
    'src/rescue.ts': "import { a } from './object-store/local/local.ts';",
    'src/app.ts': "import { a } from './rescue.ts';",
    'src/main.ts': "import { a } from './rescue.ts';",
  };
  for (const [path, text] of Object.entries(good)) passes(layersPointInwards, path, text);
});

test('an adapter that knows another is found', () => {
  fails(adaptersStandAlone, 'src/source/sqlite/a.ts', "import { a } from '../files/walk.ts';");
  fails(adaptersStandAlone, 'src/object-store/s3/a.ts', "import { a } from '../local/local.ts';");
  passes(adaptersStandAlone, 'src/source/sqlite/a.ts', "import { a } from './page.ts';");
});

test('a way round the front of the repository is found', () => {
  fails(frontsOnly, 'src/backup/a.ts', "import { a } from '../repository/pack/pack.ts';");
  passes(frontsOnly, 'src/backup/a.ts', "import { a } from '../repository/repository.ts';");
  passes(frontsOnly, 'src/repository/a.ts', "import { a } from './pack/pack.ts';");
});

test('a domain that knows the catalog is found', () => {
  fails(persistencePointsInwards, 'src/backup/a.ts', "import { a } from '../catalog/points.ts';");
  passes(persistencePointsInwards, 'src/app.ts', "import { a } from './catalog/points.ts';");
});

test('a library outside its room is found', () => {
  fails(packagesHaveOneRoom, 'src/cli/a.ts', "import { z } from 'zod';");
  fails(packagesHaveOneRoom, 'src/plan/a.ts', "import type { A } from '@clack/prompts/core';");
  fails(packagesHaveOneRoom, 'src/plan/a.ts', "import left from 'left-pad';");
  fails(packagesHaveOneRoom, 'src/plan/a.ts', "import fs from 'fs';");
  passes(packagesHaveOneRoom, 'src/plan/a.ts', "import { z } from 'zod';\nimport path from 'node:path';");
  fails(builtInsByFullName, 'test/a.ts', "import fs from 'fs';");
  passes(builtInsByFullName, 'src/plan/a.test.ts', "import fc from 'fast-check';");
});

test('a cycle is found, of values and of types, and named once', () => {
  const texts = {
    'src/plan/a.ts': "\nimport { b } from './b.ts';",
    'src/plan/b.ts': "import type { C } from './c.ts';",
    'src/plan/c.ts': "import { a } from './a.ts';",
    'src/plan/d.ts': "import { a } from './a.ts';",
  };
  assert.deepEqual(found(noCycles, texts), ['src/plan/a.ts:2']);
  assert.match(noCycles.check(projectOf(texts))[0]?.message ?? '', /types only.*a\.ts ↔ .*b\.ts ↔ .*c\.ts$/);
  assert.deepEqual(found(noCycles, { 'src/plan/a.ts': "import { a } from './a.ts';" }), ['src/plan/a.ts:1']);
  assert.deepEqual(
    found(noCycles, { 'src/plan/d.ts': "import { a } from './a.ts';", 'src/plan/a.ts': '' }),
    [],
  );
});

test('a rescue that reaches the catalog through others is found', () => {
  const texts = {
    'src/rescue.ts': "import { a } from './cli/a.ts';",
    'src/cli/a.ts': "import { b } from '../engine/b.ts';",
    'src/engine/b.ts': '',
  };
  assert.match(
    breakGlass.check(projectOf(texts))[0]?.message ?? '',
    /engine: src\/rescue.ts → src\/cli\/a.ts → src\/engine/,
  );
  const worker = { ...texts, 'src/cli/a.ts': "siblingModule(import.meta.url, '../engine/b');" };
  assert.deepEqual(found(breakGlass, worker), ['src/rescue.ts:1']);
  assert.deepEqual(found(breakGlass, { ...texts, 'src/cli/a.ts': '' }), []);
});

test('the clock and its like outside platform are found', () => {
  const bad = [
    'const a = Date.now();',
    'const a = new Date();',
    'const a = new Date;',
    'const a = Date();',
    'const a = Math.random();',
    'const a = process.env.HOME;',
    'setTimeout(f, 1);',
    'const a = AbortSignal.timeout(5);',
    'const a = crypto.randomUUID();',
    "import { spawn } from 'node:child_process';",
    "import { setTimeout as wait } from 'node:timers/promises';",
    "import { randomBytes } from 'node:crypto';",
  ];
  for (const text of bad) {
    assert.ok(found(onlyPlatformTouchesTheMachine, { 'src/backup/a.ts': text }).length > 0, text);
    passes(onlyPlatformTouchesTheMachine, 'src/platform/a.ts', text);
    passes(onlyPlatformTouchesTheMachine, 'src/backup/a.test.ts', text);
  }
  passes(
    onlyPlatformTouchesTheMachine,
    'src/backup/a.ts',
    "new Date(ms); // Date.now\nconst a = 'setTimeout';",
  );
});

test('an impure file of layer 1 is found', () => {
  const bad = [
    "import fs from 'node:fs';",
    "import http from 'node:http';",
    "import os from 'node:os';",
    'process.exit(1);',
    'await fetch(url);',
    "console.log('a');",
    'const a = Date.now();',
  ];
  for (const text of bad) fails(layerOneIsPure, 'src/plan/a.ts', text);
  passes(
    layerOneIsPure,
    'src/plan/a.ts',
    "import { createHash } from 'node:crypto';\nconst process = 'x'.length;",
  );
  passes(layerOneIsPure, 'src/backup/a.ts', "import fs from 'node:fs';");
});

const lines = (count: number) => '  a();\n'.repeat(count);

test('a long file and a long function are found', () => {
  fails(filesAreShort, 'src/plan/a.ts', 'a;\n'.repeat(501), 501);
  passes(filesAreShort, 'src/plan/a.ts', 'a;\n'.repeat(500));
  fails(functionsAreShort, 'src/plan/a.ts', `\nfunction f(): void {\n${lines(69)}}\n`, 2);
  passes(functionsAreShort, 'src/plan/a.ts', `function f(): void {\n${lines(68)}}\n`);
  fails(functionsAreShort, 'src/plan/a.ts', `const f = async (a: string) => {\n${lines(70)}};\n`);
  fails(
    functionsAreShort,
    'src/plan/a.ts',
    `class A {\n  async f(a: () => void): Promise<{ b: number }> {\n${lines(70)}  }\n}\n`,
    2,
  );
  fails(functionsAreShort, 'src/a.test.ts', `test('a', async () => {\n${lines(70)}});\n`);
  passes(functionsAreShort, 'src/a.test.ts', `describe('a', () => {\n${lines(70)}});\n`);
  passes(
    functionsAreShort,
    'src/plan/a.ts',
    `interface A {\n  a(): Promise<B>;\n}\n${'// a\n'.repeat(80)}function f<T>(a: T) {\n}\n`,
  );
  passes(functionsAreShort, 'src/plan/a.ts', `const table = {\n${'  a: f(b),\n'.repeat(80)}};\n`);
});

test('functions are known by their names', () => {
  const text = [
    'export function plain<T>(a: T): { b: T } { return { b: a }; }',
    'const arrow = (a: number) => { return a; };',
    'class C { async method(): Promise<void> { if (a) { b(); } } }',
    'for (const a of f(b)) { c(); }',
    'const value = test ? f(a) : { b: 1 };',
  ].join('\n');
  const file = projectOf({ 'src/plan/a.ts': text }).sources[0];
  assert.ok(file);
  assert.deepEqual(
    functionsOf(file).map(({ name, line }) => `${line} ${name}`),
    ['1 plain', '3 method', '2 arrow'],
  );
});

test('default exports and barrels are found', () => {
  fails(noDefaultExports, 'src/plan/a.ts', 'export default 1;');
  fails(noDefaultExports, 'src/plan/a.ts', 'export { a as default };');
  fails(noBarrels, 'src/plan/a.ts', "const a = 1;\nexport * from './b.ts';", 2);
  fails(noBarrels, 'src/plan/index.ts', 'export const a = 1;');
  fails(noBarrels, 'src/plan/a.ts', "export { b } from './b.ts';\nexport { c } from './c.ts';");
  passes(noBarrels, 'src/plan/a.ts', "export { b } from './b.ts';\nexport const c = 1;");
});

test('an import of a file that is not there is found', () => {
  fails(importsResolve, 'src/plan/a.ts', "import { b } from './b.ts';");
  fails(importsResolve, 'src/plan/a.ts', "import { b } from './a';");
  fails(importsResolve, 'src/seal/a.ts', "siblingModule(import.meta.url, './worker');");
  passes(importsResolve, 'src/seal/a.ts', "siblingModule(import.meta.url, './a');");
});

test('a test that asserts nothing, stands alone or is skipped is found', () => {
  fails(testsAssert, 'src/a.test.ts', "test('a', () => { f(); }); // assert.ok(1)");
  passes(testsAssert, 'src/a.test.ts', 'assert.ok(a);');
  const suite = {
    'src/a.test.ts': "import { suite } from '../test/suite.ts';",
    'test/suite.ts': 'assert(a);',
  };
  assert.deepEqual(found(testsAssert, suite), []);
  fails(noOnly, 'src/a.test.ts', "test.only('a', f);");
  fails(noOnly, 'src/a.test.ts', "test('a', { only: true }, f);");
  fails(skipsAreExplained, 'src/a.test.ts', '\nt.skip();', 2);
  fails(skipsAreExplained, 'src/a.test.ts', "test('a', { skip: true }, f);");
  passes(skipsAreExplained, 'src/a.test.ts', "t.skip('needs root');");
  passes(
    skipsAreExplained,
    'src/a.test.ts',
    "const no = a ? false : 'root only';\ntest('a', { skip: no }, f);",
  );
  fails(skipsAreExplained, 'src/a.test.ts', "const no = a;\ntest('a', { skip: no }, f);", 2);
  passes(skipsAreExplained, 'src/a.test.ts', "test('a', { skip: isRoot ? false : 'needs root' }, f);");
});

test('words that no file may hold are found', () => {
  const line = (text: string) => forbiddenIn([{ path: 'README.md', text }]).map((finding) => finding.line);
  assert.deepEqual(line(`a\nsee ../${'shared'}/DESIGN.md`), [2]);
  assert.deepEqual(line(`/${'work'}/main`), [1]);
  assert.deepEqual(line(`https://${'registry'}.example.org/a`), [1]);
  assert.deepEqual(line(`http://${'deb'}.example.org/debian`), [1]);
  assert.deepEqual(line('https://example.org/work/of/ours and ./shared/a'), []);
  assert.equal(resolvedIn(`{\n"resolved": "${'https'}://a"`)[0]?.line, 2);
  assert.deepEqual(resolvedIn('{"version": "1.0.0"}'), []);
});

test('an error code that nothing raises is found', () => {
  const found = unusedCodes(['USAGE', 'NEVER'], new Set(['USAGE']));
  assert.deepEqual(
    found.map((finding) => finding.message),
    ['NEVER is never used'],
  );
});

test('documents out of form are found', () => {
  const path = 'changelog.d/a-change.md';
  assert.equal(badFragments([{ path, text: 'fixed something' }]).length, 1);
  assert.equal(badFragments([{ path: 'changelog.d/A.txt', text: 'fixed: It works.\n' }]).length, 1);
  assert.deepEqual(badFragments([{ path, text: 'fixed: It works.\n\nMore about it.\n' }]), []);
  const text = '# 0001. A\n\n## Problem\n## Decision\n## Why\n## Cost\n';
  assert.deepEqual(badDecisions([{ path: 'docs/decisions/0001-a.md', text }]), []);
  assert.equal(badDecisions([{ path: 'docs/decisions/0002-a.md', text }]).length, 1);
  assert.equal(badDecisions([{ path: 'docs/decisions/0001-a.md', text: '# A\n' }]).length, 5);
  assert.equal(unmentioned({ path: 'a.md', text: '`yaml`' }, ['yaml', 'zod']).length, 1);
});

test('a lock file that npm ci would refuse or could not check is found', () => {
  const lock = (packages: object) => incompleteIn(JSON.stringify({ packages }));
  assert.deepEqual(lock({ '': { optionalDependencies: { a: '1' } } }), ['a of  is missing']);
  assert.deepEqual(lock({ '': {}, 'node_modules/a': { version: '1' } }), ['node_modules/a has no integrity']);
  assert.deepEqual(lock({ 'node_modules/a': { os: ['darwin'] }, 'node_modules/b': { libc: ['musl'] } }), []);
});

test('a program that nobody listed is found', () => {
  fails(programsAreListed, 'src/a.test.ts', "spawnSync('no-such-program', ['x']);");
  fails(programsAreListed, 'test/a.ts', "runProgram({ kind: 'argv', file: 'no-such-program' });");
  passes(programsAreListed, 'src/a.test.ts', "execFileSync('restic', []); pattern.exec('abc');");
});
