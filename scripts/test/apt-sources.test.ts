import assert from 'node:assert/strict';
import test from 'node:test';
import { rewriteLines, rewriteStanzas } from './apt-sources.ts';

test('a stanza for a release is rewritten, its address and keys kept', () => {
  const text = [
    'Types: deb',
    'URIs: http://example.org/debian-security',
    'Suites: bookworm-security',
    'Components: main',
    '',
    'Types: deb deb-src',
    '# a comment',
    'URIs: http://example.org/debian',
    'Suites: bookworm bookworm-updates',
    'Components: main contrib',
    'Signed-By: /usr/share/keyrings/a.gpg',
  ].join('\n');
  assert.equal(
    rewriteStanzas(text, 'trixie'),
    'Types: deb\nURIs: http://example.org/debian\nSuites: trixie\nComponents: main\nSigned-By: /usr/share/keyrings/a.gpg\n',
  );
  assert.equal(
    rewriteStanzas(text.replace('Suites: bookworm bookworm-updates', 'Suites: jammy'), 'trixie'),
    undefined,
  );
});

test('a line for a release is rewritten, its options kept', () => {
  const text = [
    '# deb http://example.org/debian bookworm main',
    'deb https://example.org/apt cloud-bookworm main',
    'deb [signed-by=/a.gpg] http://example.org/debian/ bookworm main contrib',
  ].join('\n');
  assert.equal(
    rewriteLines(text, 'trixie'),
    'deb [signed-by=/a.gpg] http://example.org/debian/ trixie main\n',
  );
  assert.equal(rewriteLines('deb http://example.org/ubuntu noble main', 'trixie'), undefined);
});
