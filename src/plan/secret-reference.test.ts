import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatSecretReference, parseSecretReference } from './secret-reference.ts';

for (const [text, value] of [
  ['${env:PASSWORD}', { kind: 'env', name: 'PASSWORD' }],
  ['${file:~/keys/here}', { kind: 'file', path: '~/keys/here' }],
  ['${command:pass show backup}', { kind: 'command', command: 'pass show backup' }],
  ['${kms:here.kms}', { kind: 'kms', path: 'here.kms' }],
] as const)
  test(`${text} is read and written the same`, () => {
    assert.deepEqual(parseSecretReference(text), { ok: true, value });
    assert.equal(formatSecretReference(value), text);
  });

for (const text of [
  'hunter2',
  '${kms:}',
  '${vault:x}',
  'x${kms:a}',
  '${kms:a}b',
  '${env:not a name}',
  '${KMS:a}',
])
  test(`${text} is no reference, and the reason does not repeat it`, () => {
    const result = parseSecretReference(text);
    assert.equal(result.ok, false);
    assert.ok(!result.ok && !result.reason.includes(text));
  });
