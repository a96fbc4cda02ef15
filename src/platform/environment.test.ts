import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  cacheDirectory,
  configDirectory,
  environmentSnapshot,
  environmentVariable,
  homeDirectory,
  stateDirectory,
} from './environment.ts';

const isRoot = process.getuid?.() === 0;

test('folders follow the variables that name them', () => {
  withVariables({ XDG_CACHE_HOME: '/c', XDG_CONFIG_HOME: '/k', LIFEBOAT_STATE_DIR: '/s' }, () => {
    assert.deepEqual(
      [cacheDirectory(), configDirectory(), stateDirectory()],
      ['/c/lifeboat', '/k/lifeboat', '/s'],
    );
  });
});

test('empty and relative variables of the XDG specification count as not set', () => {
  const own = isRoot ? '/var/lib/lifeboat' : `${homeDirectory()}/.local/state/lifeboat`;
  withVariables(
    { XDG_CACHE_HOME: 'relative', XDG_CONFIG_HOME: '', XDG_STATE_HOME: '', LIFEBOAT_STATE_DIR: '' },
    () => {
      assert.equal(cacheDirectory(), `${homeDirectory()}/.cache/lifeboat`);
      assert.equal(configDirectory(), `${homeDirectory()}/.config/lifeboat`);
      assert.equal(stateDirectory(), own);
    },
  );
});

test('a snapshot keeps what was, an empty variable is not an absent one', () => {
  withVariables({ LIFEBOAT_TEST_A: '' }, () => {
    const before = environmentSnapshot();
    process.env['LIFEBOAT_TEST_A'] = 'changed';
    assert.equal(before['LIFEBOAT_TEST_A'], '');
    assert.equal(environmentVariable('LIFEBOAT_TEST_A'), 'changed');
    assert.equal(environmentVariable('LIFEBOAT_TEST_ABSENT'), undefined);
  });
});

function withVariables(values: Readonly<Record<string, string>>, act: () => void): void {
  const before = { ...process.env };
  Object.assign(process.env, values);
  try {
    act();
  } finally {
    for (const name of Object.keys(values)) {
      delete process.env[name];
      if (before[name] !== undefined) process.env[name] = before[name];
    }
  }
}
