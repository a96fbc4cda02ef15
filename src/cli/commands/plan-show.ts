/** `lifeboat plan show`: the plan as it is understood, with nothing left to be known from elsewhere. */
import { planHash } from '../../plan/plan-hash.ts';
import { normalisedPlan } from '../../plan/show/normalised-plan.ts';
import { normalisedYaml } from '../../plan/show/plan-yaml.ts';
import { withoutSecretsIn } from '../../plan/show/without-secrets.ts';
import type { AppContext } from '../cli-context.ts';
import type { Command } from '../command.ts';
import { loadDraft } from '../load-draft.ts';
import { planOptions, profileOf } from '../load-plan.ts';

export const planShow: Command<AppContext> = {
  description:
    'Prints the plan as it is understood: includes, profile and variables worked in, usual values written out, ' +
    'objectives inherited with a note where they come from. What is printed is a plan of the same hash.',
  options: planOptions,
  examples: [
    { line: 'lifeboat plan show', says: 'the plan in this folder' },
    { line: 'lifeboat plan show --profile staging > staging.yaml', says: 'as one file, for staging' },
  ],
  run: async ({ output, folder }, input) => {
    const draft = await loadDraft(output, input.value('--plan'), folder, profileOf(input));
    const hash = planHash(draft.resolved);
    const normalised = normalisedPlan(draft.plan, draft.resolved);
    const shown = { ...normalised, data: withoutSecretsIn(normalised.data) };
    const whole = draft.errors === 0;
    const head = whole ? [`plan hash ${hash}`] : ['not the whole plan: what has errors is left out'];
    const record = { type: 'plan', ...(whole ? { plan_hash: hash } : {}), plan: shown.data };
    await output.result(record, normalisedYaml(shown, head));
    return { summary: { plan: draft.path, ...(whole ? { plan_hash: hash } : {}), errors: draft.errors } };
  },
};
