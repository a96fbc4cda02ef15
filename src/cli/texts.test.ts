/** Amounts, paths, modes and keys as people see them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { modeText } from './mode-text.ts';
import { pathFields, pathText } from './path-text.ts';
import { progressText } from './progress.ts';
import { bytesText, clockText, countText, durationText, momentText, plural } from './quantity-text.ts';
import { createRateMeter } from './rate-meter.ts';
import { asTypedKey, keyText } from './recovery-key.ts';
import { createRedactor } from './redactor.ts';

test('amounts have units, and the units fit', () => {
  assert.deepEqual([0, 1023, 1024, 10_240, 1.5 * 1024 ** 3].map(bytesText), [
    '0 B',
    '1023 B',
    '1.00 KiB',
    '10.0 KiB',
    '1.50 GiB',
  ]);
  assert.deepEqual([0, 999, 1000, 1_234_567].map(countText), ['0', '999', '1,000', '1,234,567']);
  assert.deepEqual([0, 59_499, 61_000, 3_723_000].map(clockText), ['0:00', '0:59', '1:01', '1:02:03']);
  assert.deepEqual([400, 12_000, 200_000, 7_500_000].map(durationText), [
    '0.4 s',
    '12 s',
    '3 min 20 s',
    '2 h 5 min',
  ]);
  assert.deepEqual([59_700, 119_600, 3_599_900].map(durationText), ['1 min 0 s', '2 min 0 s', '1 h 0 min']);
  assert.deepEqual(
    [plural(1, 'key'), plural(2, 'key'), plural(0, 'entry', 'entries')],
    ['1 key', '2 keys', '0 entries'],
  );
  assert.equal(momentText(Date.UTC(2026, 10, 21, 2, 44)), '2026-11-21 02:44:00 UTC');
});

test('a path cannot steer a terminal, and its bytes can be had back', () => {
  assert.equal(pathText(Buffer.from('/srv/größe')), '/srv/größe');
  assert.equal(pathText(Buffer.from('/a\u001b[2J\n\u009b')), '/a\\x1b[2J\\x0a\\x9b');
  assert.equal(pathText(Buffer.from([0x2f, 0xc3, 0x28, 0xff, 0xc3, 0xa4])), '/\\xc3(\\xffä');
  fc.assert(
    fc.property(fc.uint8Array(), (array) => {
      const path = Buffer.from(array);
      assert.doesNotMatch(pathText(path), /\p{Cc}/u);
      const { path: text = '', path_base64: exact } = pathFields(path);
      assert.ok((exact === undefined ? Buffer.from(text) : Buffer.from(exact, 'base64')).equals(path));
    }),
  );
});

test('modes look as in ls', () => {
  assert.equal(modeText('dir', 0o755), 'drwxr-xr-x');
  assert.equal(modeText('file', 0o640), '-rw-r-----');
  assert.equal(modeText('file', (1 << 23) | 0o4755), '-rwsr-xr-x');
  assert.equal(modeText('file', (1 << 22) | 0o644), '-rw-r-Sr--');
  assert.equal(modeText('dir', (1 << 20) | 0o777), 'drwxrwxrwt');
  assert.equal(modeText('symlink', 0o777), 'lrwxrwxrwx');
});

test('a recovery key keeps all its bits, and is known again however it was typed', () => {
  assert.equal(keyText(new Uint8Array(32)), Array(13).fill('0000').join('-'));
  const bits = (key: string) =>
    [...key.replaceAll('-', '')].reduce(
      (sum, digit) => (sum << 5n) | BigInt('0123456789ABCDEFGHJKMNPQRSTVWXYZ'.indexOf(digit)),
      0n,
    );
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
      const key = keyText(bytes);
      assert.match(key, /^([0-9A-HJKMNP-TV-Z]{4}-){12}[0-9A-HJKMNP-TV-Z]{4}$/);
      assert.equal(bits(key), BigInt(`0x${Buffer.from(bytes).toString('hex')}`));
      assert.equal(asTypedKey(` ${key.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o')}`), key);
    }),
  );
  assert.equal(asTypedKey('correct horse battery staple'), undefined);
});

test('a secret that is part of another, or has lines, is hidden as well', () => {
  const redactor = createRedactor();
  redactor.hide('open');
  redactor.hide('open sesame');
  redactor.hide('line one\nline two');
  redactor.hide('abc');
  assert.equal(redactor.redact('open sesame, open; line two; abc'), '[secret], [secret]; [secret]; abc');
});

test('the rate is that of the last seconds, and what is left follows from it', () => {
  let nowMs = 0;
  const meter = createRateMeter(() => nowMs);
  for (let second = 1; second <= 60; second += 1) {
    nowMs = second * 1000;
    meter.add({ doneBytes: second <= 30 ? second * 1024 : 30 * 1024 + (second - 30) * 10 * 1024 });
  }
  const measured = meter.measure();
  assert.equal(measured.bytesPerSecond, 10 * 1024);
  const progress = { phase: 'x', doneFiles: 1200, doneBytes: 330 * 1024, totalBytes: 430 * 1024 };
  assert.equal(
    progressText('backup', progress, measured),
    'backup: 1,200 files, 330.0 KiB of 430.0 KiB (76%), 10.0 KiB/s, 1:00, 0:10 left',
  );
});
