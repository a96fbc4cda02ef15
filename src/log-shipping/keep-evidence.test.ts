import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LifeboatError } from '../error/lifeboat-error.ts';
import type { RunRecord } from '../evidence/record.ts';
import { type EvidenceOptions, keepEvidence } from './keep-evidence.ts';

const run = {
  ...{ runId: 'run', host: 'shop-1', programVersion: '0.1.0', trigger: 'schedule' as const },
  ...{ nowMs: () => 1, newId: () => 'id', redact: (text: string) => text.replace('secret', '***') },
};
const caughtUp = (atMs: number) => ({ kind: 'caught-up', atMs, vault: 'here' }) as const;
const settle = () => new Promise((done) => setImmediate(done));

/** A vault that takes records unless `trouble` is set. */
function vaultOf(id: string) {
  const taken: number[] = [];
  const vault = {
    ...{ id, taken },
    trouble: undefined as Error | undefined,
    append: async ({ endMs }: RunRecord) => {
      if (vault.trouble !== undefined) throw vault.trouble;
      taken.push(endMs);
    },
  };
  return vault;
}

function evidenceOf(vaultCount: number, vaults: EvidenceOptions['vaults']) {
  const warnings: string[] = [];
  const system = { name: 'orders-db', hash: 'h' };
  const warn = (words: string) => warnings.push(words);
  const evidence = keepEvidence({ run, system, vaultCount, vaults, incarnation: () => '73', warn });
  return { evidence, warnings };
}

test('what a full disk does not take is told once, ends nothing, and is written with the next event', async () => {
  const [here, away] = [vaultOf('a'), vaultOf('b')];
  const { evidence, warnings } = evidenceOf(2, async () => [here, away]);
  here.trouble = new Error('ENOSPC: no space left on device, secret');
  for (const atMs of [1, 2]) {
    evidence.tell(caughtUp(atMs));
    await settle();
  }
  assert.deepEqual([here.taken, away.taken], [[], [1, 2]]);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? '', /orders-db cannot be recorded: ENOSPC.*\*\*\*/);
  here.trouble = undefined;
  evidence.tell(caughtUp(3));
  await evidence[Symbol.asyncDispose]();
  assert.deepEqual(
    [here.taken, away.taken],
    [
      [1, 2, 3],
      [1, 2, 3],
    ],
    'each once, in order',
  );
});

test('a vault that could not be opened gets what happened with the next event', async () => {
  const [here, away] = [vaultOf('a'), vaultOf('b')];
  let opened = [here];
  const { evidence, warnings } = evidenceOf(2, async () => opened);
  evidence.tell(caughtUp(1));
  await settle();
  opened = [here, away];
  evidence.tell(caughtUp(2));
  await evidence[Symbol.asyncDispose]();
  assert.deepEqual([here.taken, away.taken, warnings], [[1, 2], [1, 2], []]);
});

test('what a vault refuses waits in its own state, and is not told to it twice', async () => {
  const here = vaultOf('a');
  const { evidence, warnings } = evidenceOf(1, async () => [here]);
  here.trouble = new LifeboatError('STORE_UNAVAILABLE', 'it is away');
  evidence.tell(caughtUp(1));
  await settle();
  here.trouble = undefined;
  evidence.tell(caughtUp(2));
  await evidence[Symbol.asyncDispose]();
  assert.deepEqual([here.taken, warnings], [[2], []]);
});
