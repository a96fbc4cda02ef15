/** `lifeboat vault check`: does the store do what a vault needs of it? */
import { hasCode, LifeboatError } from '../../error/lifeboat-error.ts';
import type { StoreProbe } from '../../evidence/vault-records.ts';
import type { CliContext, VaultRequest } from '../cli-context.ts';
import type { Command, CommandEnd } from '../command.ts';
import { eachVaultOptions, onEachVault, vaultsMeant } from '../each-vault.ts';
import type { Input } from '../input.ts';
import { type ProvedStore, proveStoreOf, recordProof, unproved } from '../prove-vault-store.ts';
import { durationText } from '../quantity-text.ts';
import type { Style } from '../style.ts';

export const vaultCheck: Command = {
  description:
    'Proves the store of each vault of the plan, or of the one that is named: writes, reads, lists, creates twice, deletes, compares clocks, and tries to delete ' +
    'what is retained where the plan wants it immutable. The probes lie below lifeboat/probe/ and are removed again. ' +
    'Where this machine is only meant to add, being refused is the pass. What is found becomes a record in the ' +
    'vault. A probe that fails ends with exit code 1. There need not be a vault yet. For damage in what is stored ' +
    'see `lifeboat check`.',
  arguments: [
    {
      name: 'VAULT',
      kind: 'optional',
      description: 'only this vault: its name in the plan, or its address, as --vault',
    },
  ],
  options: eachVaultOptions,
  examples: [
    { line: 'lifeboat vault check', says: 'the store of every vault of the plan' },
    {
      line: 'lifeboat vault check s3://shop-backups/vault',
      says: 'a bucket, before a vault is made in it',
    },
  ],
  run: async (context, input) => {
    const vaults = await vaultsMeant(context, input, wantedVault(input));
    return await onEachVault(context, vaults, checkStore);
  },
};

async function checkStore(context: CliContext, request: VaultRequest): Promise<CommandEnd> {
  const proved = await proveStoreOf(context, request);
  for (const probe of proved.probes) await tell(context, probe);
  const isRecorded = await recordIfThere(context, request, proved);
  await context.output.text(`${verdictText(context.output.style, proved)}  ${proved.location}`);
  const summary = {
    location: proved.location,
    kind: proved.kind,
    verdict: proved.verdict,
    probes: proved.probes.length,
    recorded: isRecorded,
    duration_ms: proved.endMs - proved.startMs,
  };
  const error = unproved(proved, 'Mend what the probes above name, and run it again.');
  return error === undefined ? { summary } : { summary, error };
}

/** Raises USAGE when it is named twice and not alike. */
function wantedVault(input: Input): string | undefined {
  const [argument, option] = [input.argument('VAULT'), input.value('--vault')];
  if (argument === undefined || option === undefined || argument === option) return argument ?? option;
  throw new LifeboatError('USAGE', 'two vaults are named', { hint: 'Name one of them.' });
}

/** False where there is no vault yet, or one that keeps no records. */
async function recordIfThere(
  context: CliContext,
  request: VaultRequest,
  proved: ProvedStore,
): Promise<boolean> {
  if (proved.probes.some(({ name, verdict }) => name === 'write' && verdict !== 'pass')) return false;
  try {
    await using vault = await context.openVault(request);
    await recordProof(context, vault, proved);
    if (vault.file !== undefined) await vault.records(context.signal);
    return vault.file !== undefined;
  } catch (error) {
    if (hasCode(error, 'VAULT_NOT_FOUND')) return false;
    throw error;
  }
}

const words: Readonly<Record<StoreProbe['verdict'], string>> = {
  pass: 'ok',
  fail: 'FAILED',
  'not-offered': 'not offered',
  inconclusive: 'unknown',
};

async function tell({ output }: CliContext, probe: StoreProbe): Promise<void> {
  const { name, verdict, message, ms } = probe;
  const took = ms === undefined || name === 'clock' ? '' : `  ${durationText(ms)}`;
  const said = message === undefined ? '' : `  ${message}`;
  const text = `${words[verdict].padEnd(12)}${name.padEnd(12)}${took}${said}`.trimEnd();
  await output.result({ type: 'probe', name, verdict, message, ms }, paint(output.style, verdict)(text));
}

function paint(style: Style, verdict: StoreProbe['verdict']): (text: string) => string {
  if (verdict === 'pass') return style.green;
  if (verdict === 'fail') return style.red;
  return verdict === 'inconclusive' ? style.yellow : style.dim;
}

function verdictText(style: Style, { verdict }: ProvedStore): string {
  if (verdict === 'pass') return style.green('fit');
  return verdict === 'fail' ? style.red('unfit') : style.yellow('unknown');
}
