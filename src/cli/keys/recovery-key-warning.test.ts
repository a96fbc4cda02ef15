import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RecoveryKeyProof } from '../../evidence/recovery-key-proof.ts';
import { recoveryKeyWarning } from './recovery-key-warning.ts';

const day = 24 * 60 * 60 * 1000;
const now = 1000 * day;
const proofs: Readonly<Record<string, RecoveryKeyProof>> = {
  unknown: { kind: 'unknown' },
  none: { kind: 'no-key' },
  never: { kind: 'never' },
  old: { kind: 'old', atMs: now - 200 * day },
  proven: { kind: 'proven', atMs: now - day },
};
const said = (...names: readonly string[]) =>
  recoveryKeyWarning(
    names.map((name) => ({ vault: name, proof: proofs[name] ?? { kind: 'unknown' } })),
    now,
  );

test('nothing is said where the key was proved, or nothing is known', () => {
  assert.equal(said('proven', 'unknown'), undefined);
  assert.equal(said(), undefined);
});

test('all vaults are said in one line, with what to do', () => {
  assert.equal(
    said('never', 'proven'),
    'nobody has proved yet that the recovery key of the vault never works. Nobody can repair a lost key. Run `lifeboat key test`',
  );
  assert.equal(
    said('none'),
    'the vault none has no recovery key. Nobody can repair a lost key. Run `lifeboat key add --recovery-key-file FILE`',
  );
  const all = said('never', 'old', 'none') ?? '';
  assert.match(
    all,
    /^nobody has proved .* never works; the recovery key of the vault old was last proved 200 d ago; /,
  );
  assert.match(all, /Run `lifeboat key test`$/);
  assert.ok(!all.includes('\n'));
});
