import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressText, isLoopback, parseListen } from './listen-address.ts';

const addresses: readonly (readonly [string, string, number, boolean])[] = [
  ['127.0.0.1:8000', '127.0.0.1', 8000, true],
  ['127.9.9.9:1', '127.9.9.9', 1, true],
  ['localhost:0', 'localhost', 0, true],
  ['[::1]:8000', '::1', 8000, true],
  [':8000', '0.0.0.0', 8000, false],
  ['0.0.0.0:65535', '0.0.0.0', 65535, false],
  ['[::]:8000', '::', 8000, false],
  ['backup.example.org:8000', 'backup.example.org', 8000, false],
  ['127.0.0.1.example.org:80', '127.0.0.1.example.org', 80, false],
];

for (const [text, host, port, loopback] of addresses)
  test(`${text} is ${loopback ? '' : 'not '}for this machine alone`, () => {
    const address = parseListen(text);
    assert.deepEqual(address, { host, port });
    assert.equal(isLoopback(address.host), loopback);
    if (!text.startsWith(':')) assert.equal(addressText(address), text);
  });

for (const text of [
  '',
  '8000',
  '127.0.0.1',
  '127.0.0.1:',
  '127.0.0.1:65536',
  '::1:8000',
  '[127.0.0.1]:80',
  'a b:80',
  '[]:80',
  'h:-1',
])
  test(`${JSON.stringify(text)} is no address`, () => {
    assert.throws(() => parseListen(text), { code: 'USAGE' });
  });
