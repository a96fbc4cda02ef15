import { formatByteSize } from '../byte-size.ts';
import { formatDuration } from '../duration.ts';
import type { PlanPath } from '../plan-path.ts';
import type { ResolvedVault } from '../resolved-plan.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { factOf, type PlanFacts } from './plan-facts.ts';

export const rereadTooSlow: LintRule = {
  id: 'reread-too-slow',
  severity: 'warning',
  title: 'a vault is too large to be read back in time',
  explanation:
    'Reading everything back at limits.download takes longer than reread_within allows. The share that was read never ' +
    'reaches 100%, so damage may lie there for longer than the plan says.',
  fix: 'Raise limits.download, or allow more time with reread_within.',
  check: (plan, facts) => plan.vaults.flatMap((vault) => hitsOf(vault, facts)),
};

/** As `check --rolling` has it where the plan says nothing. */
const rereadWithinUsualMs = 30 * 86_400_000;

function hitsOf(vault: ResolvedVault, facts: PlanFacts): readonly LintHit[] {
  const { limits, reread_within: within = rereadWithinUsualMs } = vault.declared;
  const perSecond = limits?.download;
  const size = sizeOf(vault, facts);
  if (perSecond === undefined || perSecond <= 0 || size === undefined) return [];
  const neededMs = Math.ceil(size.bytes / perSecond) * 1000;
  if (neededMs <= within) return [];
  const ratesAt: PlanPath = ['vaults', vault.name, 'limits', 'download'];
  return [
    {
      at: vault.declared.reread_within === undefined ? ratesAt : ['vaults', vault.name, 'reread_within'],
      message:
        `${formatByteSize(size.bytes)} in ${vault.name} (${size.from}) at ${formatByteSize(perSecond)} a second take ` +
        `${inWords(neededMs)}, longer than the ${formatDuration(within)} in which every byte is to be read back`,
      suggestion: `allow at least ${formatByteSize(Math.ceil((size.bytes * 1000) / within))} a second, or ${inWords(neededMs)}`,
      relatedAt: { at: ratesAt, message: 'the limit stands here' },
    },
  ];
}

interface Size {
  readonly bytes: number;
  readonly from: string;
}

/** What was counted; else what the plan says that it may grow to. */
function sizeOf({ name, declared }: ResolvedVault, facts: PlanFacts): Size | undefined {
  const measure = factOf(facts.vaultBytes, name);
  if (measure !== undefined) return { bytes: measure.value, from: measure.from };
  return declared.size_max === undefined ? undefined : { bytes: declared.size_max, from: 'its size_max' };
}

const hourMs = 3_600_000;

function inWords(valueMs: number): string {
  return formatDuration(Math.ceil(valueMs / hourMs) * hourMs);
}
