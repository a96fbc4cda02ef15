import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { choosePaths } from './path-choice.ts';

function taken(patterns: readonly string[], paths: readonly string[]): string[] {
  const { select } = choosePaths(patterns);
  return paths.filter((path) => select(Buffer.from(path), path.endsWith('/')) === 'take');
}

const paths = ['/srv/a.png', '/srv/b.txt', '/srv/deep/c.png', '/srv/deep/png/d', '/srv/.hidden.png'];

describe('choosePaths', () => {
  it('takes everything without patterns', () => {
    assert.deepEqual(taken([], paths), paths);
  });

  it('matches names anywhere by a pattern without a slash', () => {
    assert.deepEqual(taken(['*.png'], paths), ['/srv/a.png', '/srv/deep/c.png', '/srv/.hidden.png']);
  });

  it('takes all that lies below what matches', () => {
    assert.deepEqual(taken(['/srv/deep'], paths), ['/srv/deep/c.png', '/srv/deep/png/d']);
    assert.deepEqual(taken(['/srv/deep/'], paths), ['/srv/deep/c.png', '/srv/deep/png/d']);
    assert.deepEqual(taken(['png'], paths), ['/srv/deep/png/d']);
    assert.deepEqual(taken(['/'], paths), paths);
  });

  it('does not take what only begins with a pattern', () => {
    assert.deepEqual(taken(['/srv/de', '/srv/deep/pn'], paths), []);
  });

  it('reaches into hidden folders', () => {
    const hidden = ['/home/u/.local/share/a.png', '/home/u/.local/b.txt'];
    assert.deepEqual(taken(['*.png'], hidden), hidden.slice(0, 1));
    assert.deepEqual(taken(['/home/**/?.*'], hidden), hidden);
    assert.deepEqual(taken(['.local'], hidden), hidden);
  });

  it('keeps one star within a folder', () => {
    assert.deepEqual(taken(['/srv/*'], ['/srv/a/b', '/srvx/a']), ['/srv/a/b']);
    assert.deepEqual(taken(['/srv/*/c'], ['/srv/a/c', '/srv/a/b/c', '/srv/c']), ['/srv/a/c']);
    assert.deepEqual(taken(['/srv/**/c'], ['/srv/a/c', '/srv/a/b/c', '/srv/c']), [
      '/srv/a/c',
      '/srv/a/b/c',
      '/srv/c',
    ]);
  });

  it('matches a path that looks like a pattern by its letters', () => {
    assert.deepEqual(taken(['/srv/[old].txt'], ['/srv/[old].txt']), ['/srv/[old].txt']);
  });

  it('descends into folders that do not match, for something in them may', () => {
    assert.equal(choosePaths(['*.png']).select(Buffer.from('/srv'), true), 'descend');
    assert.equal(choosePaths(['*.png']).select(Buffer.from('/srv'), false), 'skip');
  });
});
