import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { emptyMemory, parseMemory } from './run-memory.ts';

const alarm = { subject: 's', code: 'C', message: 'm', systems: ['db'], raisedAtMs: 5 };
const attempt = { atMs: 1, code: 'C', message: 'm', systemHash: 'h' };

test('what was remembered comes back', () => {
  const memory = parseMemory({ version: 1, attempts: [['backup db here', attempt]], alarms: [alarm] });
  assert.deepEqual(memory, { attempts: new Map([['backup db here', attempt]]), alarms: [alarm] });
});

test('whatever else the file holds counts as lost', () => {
  assert.deepEqual(parseMemory({ version: 2, attempts: [], alarms: [] }), emptyMemory);
  assert.deepEqual(
    parseMemory({ version: 1, attempts: [['x', { atMs: 'now' }]], alarms: [{}, 7] }),
    emptyMemory,
  );
  fc.assert(fc.property(fc.jsonValue(), (json) => void assert.deepEqual(parseMemory(json), emptyMemory)));
});
