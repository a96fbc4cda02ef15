/** `lifeboat vault policy`: who may do what in a vault's store, as documents that its owner puts in force. */
import { parseLocation } from '../../config/location.ts';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { lifecycleFaults } from '../../plan/lifecycle-faults.ts';
import type { ResolvedVault } from '../../plan/resolved-plan.ts';
import { chooseVaultNamed } from '../choose-vault.ts';
import type { Command } from '../command.ts';
import type { Input } from '../input.ts';
import { planOptions } from '../load-plan.ts';
import { azurePolicy, azureSettings } from '../policy/azure-policy.ts';
import { type PolicyPlace, type PolicyRole, policyPlace, policyRoles } from '../policy/policy-place.ts';
import { policyWords } from '../policy/policy-words.ts';
import { s3Policy } from '../policy/s3-policy.ts';
import { s3Settings } from '../policy/s3-settings.ts';

export const vaultPolicy: Command = {
  description:
    'Prints the least that a machine needs in the store of a vault, made from the plan: a policy of IAM for S3, a SAS ' +
    'and a role for Azure. `--for store` prints the settings of the bucket or container that they rely on. The document ' +
    'goes to standard output, what it means to standard error. Nothing is changed and nobody is asked.',
  arguments: [
    {
      name: 'VAULT',
      kind: 'optional',
      description: "the vault's name in the plan, or its address (default: the plan's primary vault)",
    },
  ],
  options: [
    {
      flag: '--for',
      value: 'ROLE',
      description:
        'what the machine does: backup, prune, restore or audit; or store, the settings of the place',
      choices: policyRoles,
    },
    {
      flag: '--format',
      value: 'KIND',
      description: 'the kind of store that is expected; another one is an error (default: that of the vault)',
      choices: ['s3', 'azure'],
    },
    ...planOptions,
  ],
  examples: [
    { line: 'lifeboat vault policy away --for backup > backup.json', says: 'for the key of the backup host' },
    {
      line: 'lifeboat vault policy away --for store',
      says: 'versions, object lock, and the life cycle that the plan says',
    },
  ],
  whenNobodyReads: 'stop',
  run: async (context, input) => {
    const role = roleOf(input);
    const request = await chooseVaultNamed(context, input, input.argument('VAULT'));
    const place = policyPlace(
      parseLocation(request.location, request.folder ?? context.folder),
      request.declared,
    );
    const format = input.value('--format');
    if (format !== undefined && format !== place.kind) throw otherKind(request.location, place.kind, format);
    if (role === 'store') refuseHarmful(request.location, place.kind, request.declared);
    const document = documentFor(role, place);
    await context.output.result(
      { type: 'policy', role, format: place.kind, document, words: policyWords(role, place) },
      JSON.stringify(document, undefined, 2),
    );
    for (const line of policyWords(role, place)) context.output.note(line);
    return { summary: { role, format: place.kind, location: request.location } };
  },
};

/** Nobody is handed a document that would take the vault apart. */
function refuseHarmful(
  location: string,
  store: PolicyPlace['kind'],
  declared: ResolvedVault['declared'] = {},
): void {
  const fault = lifecycleFaults({ location, store, declared }).find(({ kind }) => kind !== 'moves folders');
  if (fault === undefined) return;
  const { index, field, message, suggestion } = fault;
  throw new LifeboatError('PLAN_INVALID', `lifecycle[${index}].${field} of ${location}: ${message}`, {
    hint: `${suggestion.charAt(0).toUpperCase()}${suggestion.slice(1)}. \`lifeboat lint\` shows the line.`,
  });
}

function documentFor(role: PolicyRole, place: PolicyPlace): unknown {
  if (place.kind === 's3') return role === 'store' ? s3Settings(place) : s3Policy(role, place);
  return role === 'store' ? azureSettings(place) : azurePolicy(role, place);
}

function roleOf(input: Input): PolicyRole {
  const wanted = input.value('--for');
  const role = policyRoles.find((each) => each === wanted);
  if (role !== undefined) return role;
  throw new LifeboatError('USAGE', 'it is not said for whom the policy is', {
    hint: `Give --for ${policyRoles.join(', --for ')}.`,
  });
}

function otherKind(location: string, kind: string, wanted: string): LifeboatError {
  return new LifeboatError('USAGE', `the vault ${location} lies in ${kind}, not in ${wanted}`, {
    hint: 'Leave --format out, or name a vault that lies there.',
  });
}
