/** `lifeboat key list`: what opens the vault. */
import type { KeyInfo } from '../../repository/repository-types.ts';
import { chooseVault, vaultOptions } from '../choose-vault.ts';
import type { Command } from '../command.ts';
import { shortId } from '../snapshot-text.ts';
import { tableLines } from '../table.ts';

export const keyList: Command = {
  description: 'Lists the keys that open a vault. The one that opened it now is marked with a star.',
  options: vaultOptions,
  examples: [{ line: 'lifeboat key list', says: "of the plan's primary vault" }],
  run: async (context, input) => {
    const { output, signal } = context;
    await using vault = await context.openVault(await chooseVault(context, input));
    const keys = await vault.repository.keys(signal);
    for (const key of keys) await output.result(keyRecord(key));
    for (const line of tableLines(columns, keys.map(row), output.style)) await output.text(line);
    for (const { problem } of keys) if (problem !== undefined) output.warn(problem);
    return { summary: { keys: keys.length } };
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

const columns = [
  { heading: '' },
  { heading: 'id' },
  { heading: 'made by' },
  { heading: 'on' },
  { heading: 'at' },
];

function row({ id, username, hostname, created, current, problem }: KeyInfo): string[] {
  const mark = current ? '*' : problem === undefined ? '' : '!';
  return [mark, shortId(id), problem === undefined ? username : 'damaged', hostname, created];
}
