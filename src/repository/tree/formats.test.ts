import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { goJsonBytes, goJsonString } from './go-json.ts';
import { goModeFromUnix, unixModeFromGo } from './go-mode.ts';
import { quotedNameJson, quoteName, unquoteName } from './quote.ts';
import { formatTime, parseTime } from './time-format.ts';

describe('Go’s file modes', () => {
  for (const [kind, unix, go] of [
    ['a regular file', 0o100644, 0o644],
    ['a set-uid program', 0o104755, 2 ** 23 + 0o755],
    ['a set-gid directory', 0o042750, 2 ** 31 + 2 ** 22 + 0o750],
    ['a sticky directory', 0o041777, 2 ** 31 + 2 ** 20 + 0o777],
    ['a symbolic link', 0o120777, 2 ** 27 + 0o777],
    ['a block device', 0o060660, 2 ** 26 + 0o660],
    ['a character device', 0o020666, 2 ** 26 + 2 ** 21 + 0o666],
    ['a fifo', 0o010600, 2 ** 25 + 0o600],
    ['a socket', 0o140755, 2 ** 24 + 0o755],
  ] as const) {
    test(`${kind} converts both ways`, () => {
      assert.equal(goModeFromUnix(unix), go);
      assert.equal(unixModeFromGo(go), unix);
    });
  }

  test('an unknown file type is irregular and has no Unix type', () => {
    assert.equal(goModeFromUnix(0o150600), 2 ** 19 + 0o600);
    assert.equal(unixModeFromGo(2 ** 19 + 0o600), 0o600);
  });
});

describe('times', () => {
  for (const [ns, text] of [
    [0n, '1970-01-01T00:00:00Z'],
    [-1n, '1969-12-31T23:59:59.999999999Z'],
    [1_700_000_000_123_456_789n, '2023-11-14T22:13:20.123456789Z'],
    [1_700_000_000_120_000_000n, '2023-11-14T22:13:20.12Z'],
    [951_782_400_000_000_000n, '2000-02-29T00:00:00Z'],
    [-62_135_596_800_000_000_000n, '0001-01-01T00:00:00Z'],
    [253_402_300_799_000_000_000n, '9999-12-31T23:59:59Z'],
  ] as const) {
    test(`${text} is written and read`, () => {
      assert.equal(formatTime(ns), text);
      assert.equal(parseTime(text), ns);
    });
  }

  test('years beyond four digits are clamped, the rest stays', () => {
    assert.equal(formatTime(253_402_300_800_000_000_000n), '9999-01-01T00:00:00Z');
    assert.equal(formatTime(BigInt(Date.UTC(12_000, 1, 29, 5)) * 1_000_000n), '9999-03-01T05:00:00Z');
    assert.equal(formatTime(BigInt(Date.UTC(-5, 6, 4)) * 1_000_000n), '0000-07-04T00:00:00Z');
    assert.match(formatTime((2n ** 63n - 1n) * 1_000_000_000n), /^9999-/);
  });

  test('offsets and fractions of any length are read', () => {
    assert.equal(parseTime('2026-11-20T03:44:00.5+01:00'), parseTime('2026-11-20T02:44:00.5Z'));
    assert.equal(parseTime('2026-11-19T21:14:00-05:30'), parseTime('2026-11-20T02:44:00Z'));
  });

  test('what is not a time is not read', () => {
    for (const text of [
      '',
      '2026-11-20',
      '2026-02-30T00:00:00Z',
      '2026-13-01T00:00:00Z',
      '2026-11-20T24:00:00Z',
      'x',
    ]) {
      assert.equal(parseTime(text), undefined);
    }
  });

  test('every instant of the representable years survives, and agrees with Date', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -62_135_596_800_000_000_000n, max: 253_402_300_799_999_999_999n }),
        (ns) => {
          const text = formatTime(ns);
          assert.equal(parseTime(text), ns);
          assert.equal(
            BigInt(Date.parse(text.slice(0, 19) + 'Z')),
            (ns - mod(ns, 1_000_000_000n)) / 1_000_000n,
          );
        },
      ),
    );
  });
});

function mod(value: bigint, divisor: bigint): bigint {
  return ((value % divisor) + divisor) % divisor;
}

describe('names', () => {
  for (const [bytes, quoted] of [
    ['plain-name_1.txt', 'plain-name_1.txt'],
    ['a"b\\c', 'a\\"b\\\\c'],
    ['\x07\b\t\n\v\f\r\x01\x7f', '\\a\\b\\t\\n\\v\\f\\r\\x01\\x7f'],
    ['a\xffb\xc3', 'a\\xffb\\xc3'],
    ['\xed\xa0\x80', '\\xed\\xa0\\x80'],
    [utf8('é\ufffd'), 'é\ufffd'],
    [utf8('\u00a0\u2028\u3000\ue000'), '\\u00a0\\u2028\\u3000\\ue000'],
    [utf8('\u{1f600}\u{10ffff}'), '\u{1f600}\\U0010ffff'],
  ] as const) {
    test(`${JSON.stringify(bytes)} is quoted as Go does`, () => {
      const name = Buffer.from(bytes, 'latin1');
      assert.equal(quoteName(name), quoted);
      assert.deepEqual(unquoteName(quoted), name);
    });
  }

  test('JSON comes on top of the quotes', () => {
    assert.equal(quotedNameJson(Buffer.from('<"\n&')), '"\\u003c\\\\\\"\\\\n\\u0026"');
  });

  test('octal escapes are read, as Go does', () => {
    assert.deepEqual(unquoteName('\\101\\377'), Buffer.from('A\xff', 'latin1'));
  });

  test('what Go would refuse is refused', () => {
    for (const bad of ['"', 'a\nb', '\\', '\\q', '\\x1', '\\400', '\\ud800', '\\U00110000']) {
      assert.equal(unquoteName(bad), undefined);
    }
  });

  test('any bytes come back', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.string({ unit: 'binary' }).map(Buffer.from)), (bytes) => {
        const name = Buffer.from(bytes);
        const text: unknown = JSON.parse(quotedNameJson(name));
        assert.ok(typeof text === 'string');
        assert.deepEqual(unquoteName(text), name);
      }),
      { numRuns: 500 },
    );
  });
});

describe('Go’s JSON strings', () => {
  test('angle brackets, ampersand and line separators are escaped', () => {
    assert.equal(
      goJsonString('<a>&\u2028\u2029"\\\n\x01é'),
      '"\\u003ca\\u003e\\u0026\\u2028\\u2029\\"\\\\\\n\\u0001é"',
    );
  });

  test('each byte that is not UTF-8 is one replacement', () => {
    assert.equal(goJsonBytes(Buffer.from('a\xf0\x9f\x98"', 'latin1')), '"a\\ufffd\\ufffd\\ufffd\\""');
  });
});

function utf8(text: string): string {
  return Buffer.from(text).toString('latin1');
}
