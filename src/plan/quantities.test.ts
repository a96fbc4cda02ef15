import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatByteSize, parseByteSize } from './byte-size.ts';
import { formatDuration, parseDuration } from './duration.ts';
import { nearestName } from './nearest-name.ts';
import { isPlaceholder } from './placeholder.ts';
import { vaultSchema } from './schema/vault-schema.ts';
import { formatSecretReference, parseSecretReference } from './secret-reference.ts';

const durations: Readonly<Record<string, number>> = {
  '5 min': 300_000,
  '1h': 3_600_000,
  '7 days': 604_800_000,
  '0 minutes': 0,
  '1 h 30 min': 5_400_000,
  '1.5 hours': 5_400_000,
  '90 S': 90_000,
  '250 ms': 250,
  '2 weeks': 1_209_600_000,
  '1 year': 31_536_000_000,
};

test('durations are read in the words of people', () => {
  for (const [text, valueMs] of Object.entries(durations)) {
    assert.deepEqual(parseDuration(text), { ok: true, value: valueMs }, text);
  }
});

test('what is no duration says why', () => {
  const reasons = {
    '5': 'a duration needs a unit',
    '-5 min': 'a duration cannot be negative',
    '5 parsecs': '"parsecs" is not a unit of time',
    '5 constructor': '"constructor" is not a unit of time',
    soon: 'not a duration',
    '1 h and more': 'not a duration',
    '101 years': 'longer than 100 years',
  };
  for (const [text, reason] of Object.entries(reasons))
    assert.deepEqual(parseDuration(text), { ok: false, reason }, text);
});

test('a duration that is written is read back as it was', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10 ** 11 }), (valueMs) => {
      assert.deepEqual(parseDuration(formatDuration(valueMs)), { ok: true, value: valueMs });
    }),
  );
});

test('sizes need a unit, and know 1000 from 1024', () => {
  assert.deepEqual(parseByteSize('2 GiB'), { ok: true, value: 2_147_483_648 });
  assert.deepEqual(parseByteSize('1.5 MB'), { ok: true, value: 1_500_000 });
  assert.deepEqual(parseByteSize('1024'), { ok: false, reason: 'a size needs a unit' });
  assert.deepEqual(parseByteSize('2 G'), { ok: false, reason: '"G" is not a unit of size' });
  assert.equal(formatByteSize(1_536), '1.5 KiB');
});

test('secret references are recognised whole or not at all', () => {
  for (const text of ['${env:HOME}', '${file:/etc/key}', '${command:pass show vault}']) {
    const result = parseSecretReference(text);
    assert.ok(result.ok);
    assert.equal(formatSecretReference(result.value), text);
  }
  for (const text of ['hunter2', 'x${env:HOME}', '${env:HOME}x', '${env:}', '${env:a b}', '${vault:x}', '']) {
    const result = parseSecretReference(text);
    assert.ok(!result.ok, text);
    assert.ok(text === '' || !result.reason.includes(text));
  }
});

test('placeholders are told from patterns and tests', () => {
  const gaps = [
    '[Define specific time, e.g., 4 hours]',
    '[Name] [Phone] [Email]',
    'TODO',
    'TBD: ask Jane',
    '<fill in>',
    '???',
    '[frequency, e.g., annually]',
    'at least [frequency, e.g., annually]',
    'Review and update this document [frequency, e.g., quarterly] to reflect changes',
    '[Specify tools, e.g., `rsync`, cloud sync tools]',
    "[Specify tools, e.g., `pg_dump`, SQLite `.backup` command, or cloud provider's managed backup services].",
    '[List key personnel and their roles in a disaster scenario].',
    '[Outline communication protocols for internal teams, stakeholders, and users during a disaster].',
    '[Define specific time, e.g., 4 hours] - The maximum tolerable duration',
    'On-Call Engineer: [Name] [Phone] [Email]',
    '[Name] - [Phone] - [Email]',
    'Infrastructure Team: [Email Group]',
    `${'long '.repeat(100)}[Define it]`,
  ];
  const values = [
    '[abc]',
    '[a-z]*',
    '[ -f x ]',
    'todo',
    'TODOS',
    'daily',
    'a <b> c',
    '[[x]]',
    'see [Name](./contacts.md)',
    'if [ -f list ]; then echo "[ok] done"; fi',
    "grep '[0-9] [a-z]' file",
    '[INFO] nothing',
    '${env:A}',
    '',
  ];
  for (const text of gaps) assert.ok(isPlaceholder(text), text);
  for (const text of values) assert.ok(!isPlaceholder(text), text);
});

test('the nearest name is found through swaps, omissions and other writing', () => {
  const names = ['retention', 'vaults', 'depends_on', 'checks'];
  assert.equal(nearestName('retension', names), 'retention');
  assert.equal(nearestName('dependsOn', names), 'depends_on');
  assert.equal(nearestName('vualts', names), 'vaults');
  assert.equal(nearestName('colour', names), undefined);
});

test('nothing may stay for no time at all, and nothing else of a vault may take none', () => {
  const vault = (fields: object) => vaultSchema.safeParse({ location: './here', ...fields });
  assert.equal(vault({ grace: '0s' }).data?.grace, 0);
  for (const fields of [{ reread_within: '0s' }, { copy_within: '0 min' }])
    assert.equal(vault(fields).success, false);
});
