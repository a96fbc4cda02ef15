/** `lifeboat promote`: gives a recovered copy of a database its own settings back, so that it can go into production. */
import { resolve } from 'node:path';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { CopyState } from '../../restore/recovery-engine.ts';
import type { AppContext } from '../cli-context.ts';
import type { Command } from '../command.ts';
import { confirmOrRefuse } from '../confirm.ts';

export const promote: Command<AppContext> = {
  description:
    'A copy that `lifeboat restore --until` made is isolated: it archives nothing, nobody waits for it, it runs no jobs and has another port. ' +
    'This gives it the settings of the original back. It starts nothing, and asks first: make sure that the old server is stopped and stays so, for two of them would both be the original.',
  arguments: [
    { name: 'DIR', kind: 'required', description: 'what was restored to, or the data directory in it' },
  ],
  options: [
    { flag: '--preview', description: 'only show what would come back' },
    { flag: '--yes', description: 'do it without asking' },
  ],
  examples: [
    { line: 'lifeboat promote /srv/back', says: 'the copy takes the place of the original' },
    { line: 'lifeboat promote /srv/back --preview', says: 'which settings would come back' },
  ],
  run: async (context, input) => {
    const engine = await context.adapters.logs.recovery();
    const state = await engine.lookAt(resolve(context.folder, input.required('DIR')), context.signal);
    const fields = {
      type: 'promote',
      data: state.data,
      server: state.server,
      isolated: state.isIsolated,
      settings: state.settings,
      findings: state.findings,
    };
    await context.output.result(fields, stateText(state));
    if (input.has('--preview')) return { summary: { applied: false } };
    refuseUnlessReady(state);
    const question = `Is the old server stopped for good, and may ${state.data} be the original from now on?`;
    await confirmOrRefuse(question, { given: input.has('--yes'), flag: '--yes' });
    await engine.release(state);
    await context.output.result({ type: 'promoted', data: state.data }, promotedText(state));
    return { summary: { applied: true } };
  },
};

function refuseUnlessReady({ findings }: CopyState): void {
  const [first] = findings.filter(({ severity }) => severity === 'error');
  if (first === undefined) return;
  throw new LifeboatError('RESTORE_REFUSED', first.message, { hint: first.hint });
}

function stateText({ data, server, isIsolated, settings, findings }: CopyState): string {
  return [
    `${server} in ${data}, ${isIsolated ? 'isolated' : 'not isolated'}`,
    ...(settings.length === 0
      ? ['  nothing in its settings reaches out of the machine']
      : settings.map((line) => `  comes back: ${line}`)),
    ...findings.map(({ severity, message, hint }) => `  ${severity}: ${message}. ${hint}`),
  ].join('\n');
}

function promotedText({ data, server }: CopyState): string {
  return [
    `Its own settings are back. ${data} is a production server now, on a timeline of its own.`,
    `  1  look at postgresql.conf and pg_hba.conf in it: what lay outside the data directory is in the folder config beside it`,
    `  2  start it with ${server}`,
    '  3  take a backup at once: `lifeboat backup`',
  ].join('\n');
}
