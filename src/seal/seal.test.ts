import assert from 'node:assert/strict';
import { createCipheriv } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { applyAesCtr, openAesKey } from './aes-ctr.ts';
import { newMasterKey } from './key-file.ts';
import { openPoly1305Aes, tagFits, writeTag } from './poly1305-aes.ts';
import { type SealKey, seal, sealAfterIv, sealInto, sealOverheadBytes, unseal, unsealInto } from './seal.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

test('a sealed message has the bytes that OpenSSL gives for the same key and IV', () => {
  const key: SealKey = {
    encrypt: hex('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'),
    macK: hex('202122232425262728292a2b2c2d2e2f'),
    macR: hex('303132333435363738393a3b3c3d3e3f'),
  };
  const plaintext = Buffer.from('restic v2 seal vector');
  const target = Buffer.alloc(plaintext.length + sealOverheadBytes);
  hex('a0a1a2a3a4a5a6a7a8a9aaabacadaeaf').copy(target);
  assert.equal(sealAfterIv(key, plaintext, target, 0), target.length);
  assert.equal(
    target.toString('hex'),
    'a0a1a2a3a4a5a6a7a8a9aaabacadaeafaefa72891fdb5c7b3d6b9be06a67cc9684b29f7e0e3e3ee07fda8a6452c3e7eefc16a50180',
  );
  assert.deepEqual(unseal(key, target, 'the vector'), plaintext);
});

/** Bernstein, The Poly1305-AES message-authentication code (2005), appendix B. */
const paperVectors = [
  {
    message: 'f3f6',
    k: 'ec074c835580741701425b623235add6',
    r: '851fc40c3467ac0be05cc20404f3f700',
    nonce: 'fb447350c4e868c52ac3275cf9d4327e',
    tag: 'f4c633c3044fc145f84f335cb81953de',
  },
  {
    message: '',
    k: '75deaa25c09f208e1dc4ce6b5cad3fbf',
    r: 'a0f3080000f46400d0c7e9076c834403',
    nonce: '61ee09218d29b0aaed7e154a2c5509cc',
    tag: 'dd3fab2251f11ac759f0887129cc2ee7',
  },
  {
    message: '663cea190ffb83d89593f3f476b6bc24d7e679107ea26adb8caf6652d0656136',
    k: '6acb5f61a7176dd320c5c1eb2edcdc74',
    r: '48443d0bb0d21109c89a100b5ce2c208',
    nonce: 'ae212a55399729595dea458bc621ff0e',
    tag: '0ee1c16bb73f0f4fd19881753c01cdbe',
  },
  {
    message:
      'ab0812724a7f1e342742cbed374d94d136c6b8795d45b3819830f2c04491faf0990c62e48b8018b2c3e4a0fa3134cb67fa83e158c994d961c4cb21095c1bf9',
    k: 'e1a5668a4d5b66a5f68cc5424ed5982d',
    r: '12976a08c4426d0ce8a82407c4f48207',
    nonce: '9ae831e743978d3a23527c7128149e3a',
    tag: '5154ad0d2cb26e01274fc51148491f1b',
  },
];

for (const [index, { message, k, r, nonce, tag }] of paperVectors.entries()) {
  test(`Poly1305-AES gives the tag of the paper's vector ${index + 1}`, () => {
    const target = Buffer.alloc(16);
    const mac = openPoly1305Aes(hex(k), hex(r));
    writeTag(mac, hex(nonce), hex(message), target, 0);
    assert.equal(target.toString('hex'), tag);
    assert.equal(tagFits(mac, hex(nonce), hex(message), target), true);
  });
}

test('the counter mode equals that of OpenSSL at every length and at the counter overflow', () => {
  const ivs = fc.oneof(
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
    fc.integer({ min: 0, max: 300 }).map((back) => {
      const iv = Buffer.alloc(16, 0xff);
      iv.writeUInt32BE(0xffffffff - back, 12);
      return iv;
    }),
  );
  const lengths = fc.oneof(fc.nat(200), fc.nat(8192), fc.integer({ min: 65_500, max: 140_000 }));
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      ivs,
      lengths,
      fc.nat(9),
      (key, iv, n, offset) => {
        const input = Buffer.alloc(n + 3, 'Lifeboat').subarray(3);
        const target = Buffer.alloc(n + offset);
        applyAesCtr(openAesKey(key), iv, input, target, offset);
        assert.deepEqual(target.subarray(offset), createCipheriv('aes-256-ctr', key, iv).update(input));
      },
    ),
    { numRuns: 150 },
  );
});

test('what is sealed is unsealed to the same bytes, and neither touches its neighbours', () => {
  const key = newMasterKey();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5000 }), fc.nat(20), (plaintext, offset) => {
      const target = Buffer.alloc(offset + plaintext.length + sealOverheadBytes + 5, 7);
      const written = sealInto(key, plaintext, target, offset);
      assert.equal(written, plaintext.length + sealOverheadBytes);
      const opened = Buffer.alloc(plaintext.length + offset, 9);
      unsealInto(key, target.subarray(offset, offset + written), opened, offset, 'x');
      assert.deepEqual(opened.subarray(offset), Buffer.from(plaintext));
      assert.ok(target.subarray(0, offset).every((byte) => byte === 7));
      assert.ok(target.subarray(offset + written).every((byte) => byte === 7));
      assert.ok(opened.subarray(0, offset).every((byte) => byte === 9));
    }),
    { numRuns: 200 },
  );
});

test('a large message survives the round trip', () => {
  const key = newMasterKey();
  const plaintext = Buffer.alloc(3_000_001, 'large');
  assert.deepEqual(unseal(key, seal(key, plaintext), 'x'), plaintext);
});

test('any flipped bit is detected and the object is named', () => {
  const key = newMasterKey();
  const sealed = seal(key, Buffer.from('a message of some forty bytes, more or less'));
  for (let bit = 0; bit < sealed.length * 8; bit += 1) {
    const changed = Buffer.from(sealed);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.throws(() => unseal(key, changed, 'index 1234'), {
      code: 'OBJECT_DAMAGED',
      message: 'index 1234 does not pass its authentication',
    });
  }
});

test('a message cut anywhere is detected', () => {
  const key = newMasterKey();
  const sealed = seal(key, Buffer.from('cut'));
  for (let length = 0; length < sealed.length; length += 1) {
    assert.throws(() => unseal(key, sealed.subarray(0, length), 'x'), { code: 'OBJECT_DAMAGED' });
  }
});

test('nothing is written to the target when the tag does not fit', () => {
  const sealed = seal(newMasterKey(), Buffer.from('secret'));
  const target = Buffer.alloc(6);
  assert.throws(() => unsealInto(newMasterKey(), sealed, target, 0, 'x'), { code: 'OBJECT_DAMAGED' });
  assert.deepEqual(target, Buffer.alloc(6));
});

test('no IV is used twice', () => {
  const key = newMasterKey();
  const ivs = new Set<string>();
  for (let i = 0; i < 5000; i += 1) {
    ivs.add(seal(key, new Uint8Array(0)).toString('hex', 0, 16));
  }
  assert.equal(ivs.size, 5000);
});
