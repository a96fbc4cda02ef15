/** The decoder in docs/formats/evidence.md, run on links as they are written: it must agree with `verifyChain`. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { appendToChain, emptyChain, type StoredLink } from './chain.ts';
import { parseRecord, type RunRecord } from './record.ts';
import { recordTimes } from './record-common.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/formats/evidence.md'), 'utf8');
const decoder = /```js\n(.*?)```/s.exec(page)?.[1] ?? '';

const first: RunRecord = {
  type: 'init',
  id: 'r1',
  runId: 'run',
  vault: 'v',
  host: 'shop-1',
  programVersion: '0.1.0',
  verdict: 'pass',
  ...recordTimes(Date.UTC(2026, 10, 20), Date.UTC(2026, 10, 20) + 5),
};
const one = appendToChain(emptyChain({ vaultId: 'v', host: 'shop-1', writerId: 'w' }), first);
const two = appendToChain(one.head, { ...first, id: 'r2', system: 'orders-db' });
const three = appendToChain(two.head, { ...first, id: 'r3' });

describe('the documented decoder', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lifeboat-evidence-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function decode(...links: readonly StoredLink[]) {
    for (const { key, bytes } of links) {
      mkdirSync(dirname(join(folder, key)), { recursive: true });
      writeFileSync(join(folder, key), bytes);
    }
    const script = join(folder, 'decode.mjs');
    writeFileSync(script, decoder);
    const run = spawnSync(process.execPath, [script, folder], { encoding: 'utf8' });
    return { status: run.status, lines: run.stdout.trim().split('\n') };
  }

  it('is about thirty lines and lists a whole chain', () => {
    assert.ok(decoder.split('\n').length <= 35);
    const { status, lines } = decode(one, two, three);
    assert.equal(status, 0);
    assert.equal(lines[1], '2026-11-20T00:00:00.000Z init orders-db pass');
  });

  it('finds a gap and an altered record', () => {
    assert.equal(decode(one, three).status, 1);
    assert.equal(
      decode(
        one,
        { key: two.key, bytes: Buffer.from(two.bytes.toString().replace('orders', 'others')) },
        three,
      ).status,
      1,
    );
  });

  it('names every field of the records', () => {
    const fields = [
      ...Object.keys(first),
      'snapshotId',
      'restored',
      'damagedSnapshotIds',
      'keyId',
      'bytesFreed',
    ];
    for (const field of fields) assert.ok(page.includes(`\`${field}\``), field);
    assert.deepEqual(parseRecord(one.link.record), first);
  });
});
