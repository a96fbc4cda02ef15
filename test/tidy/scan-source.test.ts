import assert from 'node:assert/strict';
import test from 'node:test';
import { findImports } from './find-imports.ts';
import { lineAt, scanSource } from './scan-source.ts';

const codeOf = (text: string) => scanSource(text).code;
const valuesOf = (text: string) => scanSource(text).strings.map((found) => found.value);

test('comments vanish, line ends stay', () => {
  assert.equal(codeOf('a // b\nc /* d\ne */ f'), 'a     \nc     \n     f');
});

test('strings are kept apart from code, quotes and escapes included', () => {
  assert.deepEqual(valuesOf(`f('a // b', "it's", 'q\\'q')`), ['a // b', "it's", "q\\'q"]);
  assert.equal(codeOf(`f('Date.now()')`), `f('          ')`);
});

test('what stands in a template is text, what stands in its braces is code', () => {
  const text = '`Date.now ${ Math.max({ a: 1 }.a, `b${c}`) } } ${d}` + e';
  const code = codeOf(text);
  assert.ok(!code.includes('Date'));
  assert.ok(code.includes('Math.max({ a: 1 }.a,'));
  assert.ok(code.includes('${d}` + e'));
});

test('a regular expression is not a comment, a string or code', () => {
  assert.ok(codeOf(`const a = /['"\`/*]/g; b();`).endsWith('; b();'));
  assert.ok(codeOf(`return /"\\/[/"]/.test(x);`).includes('.test(x);'));
  assert.equal(codeOf('a = b / c; d = (e) / f;'), 'a = b / c; d = (e) / f;');
});

test('a first line for the shell is no code', () => {
  assert.equal(codeOf("#!/usr/bin/env 'node\nx"), `${' '.repeat("#!/usr/bin/env 'node".length)}\nx`);
});

test('lines count from one', () => {
  assert.equal(lineAt('a\nb\nc', 0), 1);
  assert.equal(lineAt('a\nb\nc', 4), 3);
});

test('every way to import is found, with its line', () => {
  const text = [
    "import fs from 'node:fs';",
    "import { a, type B } from './a.ts';",
    'import {',
    '  c,',
    "} from './c.ts';",
    "import './side.ts';",
    "export { d } from './d.ts';",
    "const e = await import('./e.ts');",
    "new Worker(new URL('./w.ts', import.meta.url));",
    "siblingModule(import.meta.url, './s.ts');",
  ].join('\n');
  const found = findImports(scanSource(text)).map(
    ({ kind, specifier, line }) => `${line} ${kind} ${specifier}`,
  );
  assert.deepEqual(found, [
    '1 static node:fs',
    '2 static ./a.ts',
    '3 static ./c.ts',
    '6 static ./side.ts',
    '7 static ./d.ts',
    '8 dynamic ./e.ts',
    '9 file ./w.ts',
    '10 file ./s.ts',
  ]);
});

test('an import of types is known as one', () => {
  const typeOnly = (text: string) => findImports(scanSource(text)).map((found) => found.typeOnly);
  assert.deepEqual(typeOnly("import type { A } from './a.ts';"), [true]);
  assert.deepEqual(typeOnly("import { type A, type B } from './a.ts';"), [true]);
  assert.deepEqual(typeOnly("import { type A, b } from './a.ts';"), [false]);
  assert.deepEqual(typeOnly("interface X { a: import('./a.ts').A; }"), [true]);
  assert.deepEqual(typeOnly("const { a } = await import('./a.ts');"), [false]);
});

test('what only looks like an import is none', () => {
  const none = [
    "// import a from './a.ts'",
    'const text = "import a from \'./a.ts\'";',
    "x.import('./a.ts');",
    "const from = 'a'; export const b = from;",
    "new URL('./a', base);",
    'function siblingModule(base: string, name: string) {}',
    "export const kinds = ['a', 'b'];",
  ];
  for (const text of none) assert.deepEqual(findImports(scanSource(text)), [], text);
});

test('a computed import has no target', () => {
  const found = findImports(scanSource('await import(name); await import(`./${name}.ts`);'));
  assert.deepEqual(
    found.map((reference) => reference.specifier),
    [undefined, undefined],
  );
});
