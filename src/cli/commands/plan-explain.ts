/** `lifeboat plan explain`: where a value comes from, and what it means. */
import type { AppContext } from '../cli-context.ts';
import type { Command } from '../command.ts';
import { explainPlace } from '../explain/explain-place.ts';
import { loadDraft } from '../load-draft.ts';
import { planOptions, profileOf } from '../load-plan.ts';

export const planExplain: Command<AppContext> = {
  description:
    'Says where a value of the plan comes from and what it means: an objective of a system (orders-db.rpo) with ' +
    'every place that had a say, or any other field by its path.',
  arguments: [{ name: 'PATH', description: 'a system and an objective, or the path of a field' }],
  options: planOptions,
  examples: [
    { line: 'lifeboat plan explain orders-db.rpo', says: 'how much of it may be lost, and who says so' },
    { line: 'lifeboat plan explain vaults.away.immutability', says: 'what a field means and holds' },
  ],
  run: async ({ output, folder }, input) => {
    const draft = await loadDraft(output, input.value('--plan'), folder, profileOf(input));
    const { record, lines } = explainPlace(draft, input.required('PATH'));
    await output.result(record, lines.join('\n'));
    return { summary: { plan: draft.path, path: record.path } };
  },
};
