import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import { fromBase32, toBase32 } from './base32.ts';
import { combineShares, isForVault, parseShare, splitSecret } from './key-shares.ts';
import { shareTestVector } from './key-shares-vector.ts';

const secret = Buffer.from(Array.from({ length: 32 }, (_, at) => (at * 37 + 5) % 256));
const request = { secret, vaultId: 'b3c1', shares: 5, needed: 3 };

const given = (texts: readonly string[]) => texts.map((text, at) => ({ name: `share ${at}`, text }));

test('any three of five shares, in any order, make up the secret, and two do not', async () => {
  const shares = await splitSecret(request);
  assert.equal(shares.length, 5);
  for (let a = 0; a < 5; a++)
    for (let b = 0; b < 5; b++)
      for (let c = 0; c < 5; c++) {
        if (a === b || b === c || a === c) continue;
        const chosen = given([shares[a] ?? '', shares[b] ?? '', shares[c] ?? '']);
        assert.deepEqual(await combineShares(chosen), secret);
      }
  await assert.rejects(combineShares(given(shares.slice(1, 3))), {
    code: 'KEY_SHARES_INVALID',
    message: '2 of 3 shares are there (the key was split into 5)',
    hint: 'Bring 1 more; missing are numbers 1, 4, 5.',
  });
  assert.deepEqual(await combineShares(given(shares)), secret);
});

test('a share is typed as people type: small letters, no dashes, O for 0, from a printed page', async () => {
  const [first = '', second = '', third = ''] = await splitSecret(request);
  assert.match(first, /^(?:[0-9A-HJKMNP-TV-Z]{4}-){19}[0-9A-HJKMNP-TV-Z]{4}$/);
  const typed = [first.toLowerCase().replaceAll('0', 'o'), second.replaceAll('-', ' ')];
  const page = `Share 3 of 5\n\nshare code: ${third.slice(0, 50)}\n            ${third.slice(50)}\n\nkeep it\n`;
  assert.deepEqual(await combineShares(given([...typed, page])), secret);
});

test('a page is read whatever a mail program or another system has made of it', async () => {
  const [first = '', second = '', third = ''] = await splitSecret(request);
  const lines = [first.slice(0, 25), first.slice(25, 50), first.slice(50, 75), first.slice(75)];
  const page = [
    'Share 1 of 5',
    '',
    `share code: ${lines.join(`\n${' '.repeat(12)}`)}`,
    '',
    'Keep it',
    '',
  ].join('\n');
  const pages = [
    page,
    page.replaceAll('\n', '\r\n'),
    page.replaceAll('\n', '\r'),
    page.replaceAll(/^ +/gm, ''),
    page.replaceAll(/^/gm, '> '),
    `\uFEFF${page.replaceAll('-', '\u2013')}`,
    page.replaceAll('\n', '\r\n').trimEnd(),
    `share code: ${first}\nkeep it\n`,
    `${first}\r\n`,
    first.replaceAll('1', '\uFF11'),
  ];
  for (const text of pages)
    assert.deepEqual(await combineShares(given([text, second, third])), secret, JSON.stringify(text));
});

/** The share with other bytes and a checksum that fits them. */
function forged(text: string, edit: (bytes: Buffer) => void): string {
  const bytes = fromBase32(text, 50) ?? Buffer.alloc(0);
  edit(bytes);
  const checked = bytes.subarray(0, 46);
  const tag = hash('sha256', Buffer.concat([Buffer.from('lifeboat share\0'), checked]), 'buffer');
  return toBase32(Buffer.concat([checked, tag.subarray(0, 4)]));
}

for (const [what, at, value] of [
  ['needs one', 1, 1],
  ['needs none', 1, 0],
  ['needs more than there are', 1, 6],
  ['has the number 0', 3, 0],
  ['has a number above the total', 3, 6],
  ['is of too many', 2, 255],
] as const)
  test(`a share that ${what} is refused in words`, async () => {
    const [first = ''] = await splitSecret(request);
    const share = forged(first, (bytes) => bytes.writeUInt8(value, at));
    await assert.rejects(combineShares(given([share])), {
      code: 'KEY_SHARES_INVALID',
      message: /^share 0 says/,
    });
  });

test('a share that was copied under another number makes up no key', async () => {
  const [first = '', second = ''] = await splitSecret(request);
  const copy = forged(first, (bytes) => bytes.writeUInt8(3, 3));
  await assert.rejects(combineShares(given([first, second, copy])), {
    code: 'KEY_SHARES_INVALID',
    message: /do not make up the key$/,
  });
});

test('every single mistake in typing is noticed, and the share is named', async () => {
  const [first = '', second = '', third = ''] = await splitSecret(request);
  for (let at = 0; at < first.length; at++) {
    if (first[at] === '-') continue;
    const wrong = `${first.slice(0, at)}${first[at] === '7' ? '8' : '7'}${first.slice(at + 1)}`;
    await assert.rejects(combineShares(given([second, wrong, third])), {
      code: 'KEY_SHARES_INVALID',
      message: /^share 1 has a mistake in it/,
    });
  }
  await assert.rejects(combineShares(given([first, second.slice(1), third])), /share 1 is no share/);
  await assert.rejects(combineShares(given([first, '', third])), /share 1 is no share/);
});

test('shares of another vault, another key or given twice are named', async () => {
  const [first = '', second = '', third = ''] = await splitSecret(request);
  const [foreign = ''] = await splitSecret({ ...request, vaultId: 'c4d2' });
  const [ofOtherKey = ''] = await splitSecret({ ...request, secret: Buffer.alloc(32, 9) });
  const [ofOtherCounts = ''] = await splitSecret({ ...request, needed: 4 });
  for (const wrong of [foreign, ofOtherKey, ofOtherCounts])
    await assert.rejects(combineShares(given([first, second, wrong])), {
      code: 'KEY_SHARES_INVALID',
      message: 'share 2 and share 0 do not belong together',
    });
  await assert.rejects(combineShares(given([first, third, third])), {
    code: 'KEY_SHARES_INVALID',
    message: 'share 1 and share 2 are the same share, number 3',
  });
  await assert.rejects(combineShares([]), { code: 'KEY_SHARES_INVALID' });
});

test('shares of two splits of one key never give a wrong key', async () => {
  for (let round = 0; round < 20; round++) {
    const [first = '', second = ''] = await splitSecret(request);
    const [, , third = ''] = await splitSecret(request);
    await assert.rejects(combineShares(given([first, second, third])), { code: 'KEY_SHARES_INVALID' });
  }
});

test('a share tells its number, how many are needed, and whose vault it is for', async () => {
  const shares = await splitSecret(request);
  for (const [at, text] of shares.entries()) {
    const share = parseShare({ name: 'it', text });
    assert.deepEqual([share.number, share.needed, share.total], [at + 1, 3, 5]);
    assert.equal(isForVault(share, 'b3c1'), true);
    assert.equal(isForVault(share, 'b3c2'), false);
  }
});

for (const [shares, needed] of [
  [5, 1],
  [2, 3],
  [21, 3],
  [2.5, 2],
  [Number.NaN, 2],
] as const)
  test(`${shares} shares of which ${needed} are needed are refused`, async () => {
    await assert.rejects(splitSecret({ ...request, shares, needed }), { code: 'USAGE' });
  });

test('the printed test vector is right, by an arithmetic of its own', async () => {
  const { shares, secret: expected } = shareTestVector;
  const points = shares.map((hex) => Buffer.from(hex, 'hex'));
  assert.deepEqual(interpolatedAtZero(points).toString('hex'), expected);
  assert.notEqual(points[0]?.at(-1), points[1]?.at(-1));
});

test('what this program splits, the other arithmetic puts together', async () => {
  const printed = await splitSecret(request);
  const points = printed.slice(1, 4).map((text) => parseShare({ name: 'it', text }).bytes);
  assert.deepEqual(interpolatedAtZero(points), secret);
});

/** Lagrange over GF(2^8), by multiplication bit by bit; the last byte of a point is its x. */
function interpolatedAtZero(points: readonly Buffer[]): Buffer {
  return Buffer.from(
    Array.from({ length: 32 }, (_, position) =>
      points.reduce((sum, point) => {
        const factors = points
          .filter((other) => other !== point)
          .map((other) => times(xOf(other), inverse(xOf(other) ^ xOf(point))));
        return sum ^ factors.reduce(times, point[position] ?? 0);
      }, 0),
    ),
  );
}

const xOf = (point: Buffer): number => point.at(-1) ?? 0;

function times(a: number, b: number): number {
  let product = 0;
  let shifted = a;
  for (let bit = 0; bit < 8; bit++) {
    if ((b >> bit) & 1) product ^= shifted;
    shifted = (shifted << 1) ^ (shifted & 0x80 ? 0x11b : 0);
  }
  return product;
}

function inverse(a: number): number {
  for (let b = 1; b < 256; b++) if (times(a, b) === 1) return b;
  throw new Error('zero has no inverse');
}
