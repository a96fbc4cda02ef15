/** `lifeboat key list`: what opens the vault, how strong it is, and when somebody last tried it. */
import { type KnownKey, knownKeys, recoveryKeyProof } from '../../evidence/recovery-key-proof.ts';
import { monotonicMs } from '../../platform/clock.ts';
import type { KeyInfo } from '../../repository/repository-types.ts';
import { attemptMs, type KeyStrength, strengthOf } from '../../seal/key-strength.ts';
import { chooseVault, vaultOptions } from '../choose-vault.ts';
import type { Command } from '../command.ts';
import { recoveryKeyWarning } from '../keys/recovery-key-warning.ts';
import { bytesText, momentText } from '../quantity-text.ts';
import { recoveryKeyBits } from '../recovery-key.ts';
import { shortId } from '../snapshot-text.ts';
import { tableLines } from '../table.ts';

export const keyList: Command = {
  description:
    'Lists the keys that open a vault: what each is for as far as the records know, what one try of a password costs on this machine ' +
    '(scrypt), and when the key was last tested. The one that opened it now is marked with a star. How well a password was ' +
    'chosen cannot be seen; a recovery key has 256 bits.',
  options: vaultOptions,
  examples: [{ line: 'lifeboat key list', says: "of the plan's primary vault" }],
  run: async (context, input) => {
    const { output, signal } = context;
    await using vault = await context.openVault(await chooseVault(context, input));
    const keys = await vault.repository.keys(signal);
    const { records } = await vault.records(signal);
    const shown = await shownKeys(keys, knownKeys(records));
    for (const each of shown) await output.result(listedRecord(each));
    for (const line of tableLines(columns, shown.map(row), output.style)) await output.text(line);
    for (const { problem } of keys) if (problem !== undefined) output.warn(problem);
    for (const { key, strength } of shown)
      if (strength?.isWeak)
        output.warn(
          `key ${shortId(key.id)} is cheaper to guess at than restic's keys are: renew it with \`lifeboat key rotate\``,
        );
    const proof = recoveryKeyProof(records, context.nowMs());
    const warning = recoveryKeyWarning([{ vault: vault.location, proof }], context.nowMs());
    if (warning !== undefined) output.warn(warning);
    return { summary: { keys: keys.length, recovery_key: proof.kind } };
  },
};

export function keyRecord({ id, username, hostname, created, current, problem }: KeyInfo) {
  return {
    type: 'key',
    id,
    username,
    hostname,
    created,
    current,
    ...(problem === undefined ? {} : { problem }),
  };
}

interface ShownKey {
  readonly key: KeyInfo;
  readonly known: KnownKey | undefined;
  readonly strength: KeyStrength | undefined;
  /** Of one try, on this machine. */
  readonly tryMs: number | undefined;
}

async function shownKeys(
  keys: readonly KeyInfo[],
  known: ReadonlyMap<string, KnownKey>,
): Promise<readonly ShownKey[]> {
  const costs = keys.flatMap(({ cost }) => (cost === undefined ? [] : [cost]));
  const times = await attemptMs(costs, monotonicMs);
  return keys.map((key) => ({
    key,
    known: known.get(key.id),
    strength: key.cost === undefined ? undefined : strengthOf(key.cost),
    tryMs: key.cost === undefined ? undefined : times[costs.indexOf(key.cost)],
  }));
}

function listedRecord({ key, known, strength, tryMs }: ShownKey) {
  return {
    ...keyRecord(key),
    purpose: purposeOf(known),
    ...(strength === undefined ? {} : { scrypt: strength.cost, try_memory_bytes: strength.memoryBytes }),
    ...(tryMs === undefined ? {} : { try_ms: Math.round(tryMs) }),
    bits: known?.isRecoveryKey === true ? recoveryKeyBits : null,
    tested_at: known?.testedAtMs === undefined ? null : new Date(known.testedAtMs).toISOString(),
  };
}

function purposeOf(known: KnownKey | undefined): 'recovery' | 'password' | 'unknown' {
  if (known?.isRecoveryKey === undefined) return 'unknown';
  return known.isRecoveryKey ? 'recovery' : 'password';
}

const columns = [
  { heading: '' },
  { heading: 'id' },
  { heading: 'made by' },
  { heading: 'on' },
  { heading: 'at' },
  { heading: 'for' },
  { heading: 'one try takes' },
  { heading: 'last tested' },
];

const purposes = {
  recovery: `recovery (${recoveryKeyBits} bits)`,
  password: 'password',
  unknown: '',
} as const;

function row({ key, known, strength, tryMs }: ShownKey): string[] {
  const { id, username, hostname, created, current, problem } = key;
  const mark = current ? '*' : problem === undefined ? '' : '!';
  const cost =
    strength === undefined ? '' : `${bytesText(strength.memoryBytes)}, ${Math.round(tryMs ?? 0)} ms`;
  const tested = known?.testedAtMs === undefined ? 'never' : momentText(known.testedAtMs);
  const made = problem === undefined ? username : 'damaged';
  return [mark, shortId(id), made, hostname, created, purposes[purposeOf(known)], cost, tested];
}
