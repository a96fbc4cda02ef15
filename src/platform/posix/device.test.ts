import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fileSystemFree, majorNumber, makeDevice, minorNumber } from './device.ts';

test('device numbers are packed as glibc packs them', () => {
  assert.equal(makeDevice(8, 1), 0x801n);
  assert.equal(makeDevice(0x12345678, 0x9abcdef0), 0x123459abcde678f0n);
  const number = fc.integer({ min: 0, max: 0xffffffff });
  fc.assert(
    fc.property(number, number, (major, minor) => {
      const device = makeDevice(major, minor);
      assert.deepEqual([majorNumber(device), minorNumber(device)], [major, minor]);
    }),
  );
});

test('a file system has room, and less than it has in all', () => {
  const room = fileSystemFree('/');
  assert.ok(room.totalBytes > 0 && room.availableBytes <= room.totalBytes);
  assert.throws(() => fileSystemFree('/absent'), { code: 'ENOENT' });
});
