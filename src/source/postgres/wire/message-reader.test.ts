import assert from 'node:assert/strict';
import test from 'node:test';
import { hasCode } from '../../../error/lifeboat-error.ts';
import { makeMessageReader } from './message-reader.ts';

function message(type: string, body: string): Buffer {
  const header = Buffer.alloc(5);
  header.write(type);
  header.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([header, Buffer.from(body)]);
}

test('messages come out whole, wherever the bytes are cut', () => {
  const bytes = Buffer.concat([message('R', 'abc'), message('Z', ''), message('d', 'x'.repeat(300))]);
  for (let size = 1; size <= bytes.length; size += 1) {
    const reader = makeMessageReader(1000);
    const found: string[] = [];
    for (let at = 0; at < bytes.length; at += size) {
      reader.push(bytes.subarray(at, at + size));
      for (let next = reader.next(); next !== undefined; next = reader.next()) {
        found.push(`${next.type}${next.body.toString()}`);
      }
    }
    assert.deepEqual(found, ['Rabc', 'Z', `d${'x'.repeat(300)}`], `pieces of ${size}`);
    assert.equal(reader.bytes(), 0);
  }
});

test('the memory of a message is given back when the next one is asked for, and not before', () => {
  const reader = makeMessageReader(1000);
  const released: string[] = [];
  const bytes = Buffer.concat([message('d', 'abc'), message('d', 'defg')]);
  reader.push(bytes.subarray(0, 10), () => released.push('first'));
  reader.push(bytes.subarray(10), () => released.push('second'));
  assert.equal(reader.next()?.body.toString(), 'abc');
  assert.deepEqual(released, []);
  assert.equal(reader.next()?.body.toString(), 'defg');
  assert.deepEqual(released, []);
  assert.equal(reader.next(), undefined);
  assert.deepEqual(released, ['first', 'second']);
});

test('a length that no message has is refused before anything is held for it', () => {
  const reader = makeMessageReader(1000);
  reader.push(Buffer.from('HTTP/1.1 400 Bad Request'));
  assert.throws(
    () => reader.next(),
    (error) => hasCode(error, 'SOURCE_INVALID'),
  );
  const short = makeMessageReader(1000);
  short.push(Buffer.from([0x52, 0, 0, 0, 3]));
  assert.throws(
    () => short.next(),
    (error) => hasCode(error, 'SOURCE_INVALID'),
  );
});
