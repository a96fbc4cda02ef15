/** `lifeboat plan diff`: what another plan means that this one does not. */

import { comparePlans } from '../../plan/diff/compare-plans.ts';
import type { PlanChange } from '../../plan/diff/plan-change.ts';
import { namesInWords } from '../../plan/lint/names-in-words.ts';
import { planHash } from '../../plan/plan-hash.ts';
import { formatPlanPath } from '../../plan/plan-path.ts';
import { withoutSecretText } from '../../plan/show/without-secrets.ts';
import type { AppContext } from '../cli-context.ts';
import type { Command } from '../command.ts';
import { loadDraft } from '../load-draft.ts';
import { profileOf, profileOption } from '../load-plan.ts';
import { plural } from '../quantity-text.ts';

export const planDiff: Command<AppContext> = {
  description:
    'Compares two plans by what they mean and says it in words, weaker promises first, with the name of whoever has ' +
    'to agree. Layout, comments, order and values written out make no difference.',
  arguments: [
    { name: 'BEFORE', description: 'a plan file' },
    { name: 'AFTER', description: 'another one' },
  ],
  options: [profileOption],
  examples: [
    { line: 'lifeboat plan diff lifeboat.yaml proposal.yaml', says: 'what the proposal changes' },
    {
      line: 'git show HEAD~1:lifeboat.yaml > before.yaml; lifeboat plan diff before.yaml lifeboat.yaml',
      says: 'what the last commit changed',
    },
  ],
  run: async ({ output, folder }, input) => {
    const profile = profileOf(input);
    const before = await loadDraft(output, input.required('BEFORE'), folder, profile);
    const after = await loadDraft(output, input.required('AFTER'), folder, profile);
    const changes = comparePlans(before, after).map((change) => ({
      ...change,
      message: withoutSecretText(change.message),
    }));
    for (const [change, ...alike] of alikeChanges(changes)) {
      await output.result(changeRecord(change), changeText(change, alike));
      for (const each of alike) await output.result(changeRecord(each));
    }
    const approvals = [...new Set(changes.flatMap(({ approval }) => approval ?? []))].toSorted();
    await output.text(changes.length === 0 ? 'The two plans mean the same.' : totalText(changes, approvals));
    return {
      summary: {
        before: planHash(before.resolved),
        after: planHash(after.resolved),
        changes: changes.length,
        approvals,
      },
    };
  },
};

function changeRecord({ path, ...rest }: PlanChange) {
  return { type: 'change', path: formatPlanPath(path), ...rest };
}

/** `-` for what is promised less, `+` for more, `~` for what is neither. */
const signs: Readonly<Record<PlanChange['direction'], string>> = { relaxed: '-', tightened: '+', other: '~' };

function changeText(change: PlanChange, alike: readonly PlanChange[]): string {
  const { message, approval, direction } = change;
  const agreed = approval === undefined ? '' : `: needs approval by ${approval}`;
  const names = namesInWords([change, ...alike].map(systemOf));
  const words = alike.length === 0 ? message : message.replace(` of ${systemOf(change)} `, ` of ${names} `);
  return `${signs[direction]} ${words}${agreed}`;
}

type Alike = readonly [PlanChange, ...PlanChange[]];

/** For people: what is the same for several systems, such as an objective of their tier, is said once. */
function alikeChanges(changes: readonly PlanChange[]): readonly Alike[] {
  const groups = new Map<string, [PlanChange, ...PlanChange[]]>();
  for (const change of changes) {
    const { message, approval, direction } = change;
    const key = `${direction} ${approval} ${message.replace(` of ${systemOf(change)} `, ' of … ')}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [change]);
    else group.push(change);
  }
  return [...groups.values()];
}

function systemOf({ path }: PlanChange): string {
  return path[0] === 'systems' && path[2] === 'objectives' ? String(path[1]) : '';
}

function totalText(changes: readonly PlanChange[], approvals: readonly string[]): string {
  const relaxed = changes.filter(({ direction }) => direction === 'relaxed').length;
  const words = `\n${plural(changes.length, 'change')}, ${relaxed === 0 ? 'none' : relaxed} of them a weaker promise`;
  return approvals.length === 0 ? `${words}.` : `${words}. To be approved by ${approvals.join(', ')}.`;
}
