/**
 * The typed acts that runbooks are made of. `do` says which; each has the fields that all steps share.
 *
 * Glossary: the *class* of a step says what happens to it after a crash in the middle: `repeatable` runs again,
 * `check` probes first, `once` stops and asks a person. *Undo* is how its effect is taken back.
 */
import * as z from 'zod';
import { commandLine, name, positiveDuration, reference, references, strict, text, texts } from './field.ts';
import { maybe, must, usually } from './field-facts.ts';

const approval = strict({
  of: must(references('responder'), 'Who may approve.', ['management']),
  needed: usually(z.int().min(1).max(20), 1, 'How many must. Default: 1.', 2),
  timeout: maybe(positiveDuration(), 'How long it is waited for.', '10 min'),
  otherwise: usually(
    z.enum(['stop', 'go-on', 'escalate']),
    'stop',
    'What happens when nobody answers. Default: stop.',
    'escalate',
  ),
}).meta({ id: 'approval', description: 'Who must agree before the step runs.' });

const shared = {
  id: maybe(name(), 'A name by which other steps refer to it.', 'restore-db'),
  title: maybe(text(), 'How people call it. Default: made from what it does.', 'Restore the orders'),
  phase: maybe(
    z.enum([
      'detect',
      'contain',
      'assess',
      'investigate',
      'initiate',
      'recover',
      'verify',
      'communicate',
      'review',
    ]),
    'The phase that it belongs to.',
    'recover',
    { mission: ['I15', 'I18'] },
  ),
  by: maybe(references('responder'), 'Who does it or answers for it.', ['on-call']),
  takes: maybe(positiveDuration(), 'How long it usually takes.', '5 min'),
  timeout: maybe(positiveDuration(), 'When it counts as failed.', '20 min'),
  after: maybe(
    z.array(name()).min(1).meta({ isSet: true }),
    'Steps that must be done before it. Default: the one above.',
    ['stop-app'],
  ),
  approval: maybe(approval, 'Who must agree before it runs.', { of: ['management'] }),
  class: maybe(
    z.enum(['repeatable', 'check', 'once']),
    'What happens when it was begun and nobody knows whether it ended. Default: as its kind demands.',
    'once',
  ),
  probe: maybe(reference('probe'), 'What says whether its effect is there.', 'api-health'),
  undo: maybe(commandLine(), 'How its effect is taken back.', './scripts/undo.sh'),
  on_failure: usually(
    z.enum(['stop', 'go-on', 'ask', 'roll-back']),
    'stop',
    'What happens when it fails. Default: stop.',
    'roll-back',
  ),
  note: maybe(text(), 'What the person should know.', 'Takes longer on Mondays'),
};

function step<Kind extends string, Shape extends z.core.$ZodLooseShape>(
  kind: Kind,
  description: string,
  mission: readonly string[],
  shape: Shape,
) {
  const id = `${kind.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())}Step`;
  return strict({
    do: z.literal(kind).meta({ description, examples: [kind], mission }),
    ...shape,
    ...shared,
  }).meta({ id, description });
}

const systems = (words: string) => maybe(references('system'), words, ['orders-db']);
const run = maybe(commandLine(), 'How it is done. Default: as the systems say.', './scripts/do-it.sh');

const peopleSteps = [
  step('assemble', 'Calls the team together.', ['I12', 'O1'], {
    team: must(references('responder'), 'Who comes.', ['response-team']),
  }),
  step('declare', 'Says that it is a disaster, which starts clocks and messages.', ['I12'], {
    as: maybe(reference('scenario'), 'Which scenario it is.', 'database-corruption'),
  }),
  step('assess', 'Finds out what is affected.', ['I1', 'I10', 'I11', 'I15'], {
    checklist: maybe(texts(), 'What to look at.', ['Which systems are affected?']),
    probes: maybe(references('probe'), 'What to ask.', ['api-health']),
  }),
  step('investigate', 'Finds out the cause or the source of damage.', ['I13', 'I18'], {
    checklist: maybe(texts(), 'What to look at.', ['Which change came before it?']),
  }),
  step('notify', 'Tells people.', ['I11', 'I14', 'N5', 'N6', 'N7'], {
    audiences: maybe(z.array(name()).min(1).meta({ isSet: true }), 'Audiences of the communication plan.', [
      'customers',
    ]),
    channels: maybe(references('channel'), 'Where it is said.', ['status-page']),
    template: maybe(reference('template'), 'What is said.', 'customers-first'),
  }),
  step('document', 'Writes down what happened.', ['I14', 'I19', 'L6', 'P1', 'P3'], {
    record: usually(
      z.enum(['incident', 'recovery', 'drill', 'review']),
      'incident',
      'Which record. Default: incident.',
      'incident',
    ),
    what: maybe(texts(), 'What belongs into it.', ['root cause']),
  }),
  step(
    'review',
    'Looks back together: cause, prevention, changes to the plan.',
    ['I18', 'I19', 'N6', 'P3', 'P4'],
    {
      within: maybe(positiveDuration(), 'How soon after the end.', '5 days'),
      agenda: maybe(texts(), 'What is talked about.', ['root cause', 'what to change in this plan']),
    },
  ),
  step('manual', 'Something that a person does and signs.', ['I1', 'I5'], {
    instructions: must(text(), 'What to do.', 'Call the data centre and ask for hands.'),
    unsafe_twice: usually(z.boolean(), false, 'Whether doing it twice does harm. Default: false.', true),
  }),
  step('patch', 'Closes the hole: patches are applied, by people.', ['G6', 'I14'], {
    systems: systems('What is patched.'),
    instructions: maybe(text(), 'What to do.', 'Apply the vendor patch.'),
  }),
  step('change-access', 'Changes who may do what, by people.', ['G6', 'I14'], {
    systems: systems('Where it is changed.'),
    instructions: maybe(text(), 'What to do.', 'Remove accounts nobody knows.'),
  }),
];

const dataSteps = [
  step('choose-point', 'Chooses the recovery point to return to.', ['G5', 'H8', 'I4', 'I5', 'I6'], {
    systems: systems('For which systems.'),
    prefer: usually(
      z.enum(['newest', 'newest-proven', 'newest-clean', 'before-incident']),
      'newest-proven',
      'Which one is proposed. Default: newest-proven.',
      'newest-clean',
      { mission: ['G5', 'I13', 'I14'] },
    ),
  }),
  step('verify-backup', 'Looks at the backup before anything rests on it.', ['H8', 'I2'], {
    systems: systems('Whose.'),
    level: usually(
      z.enum(['listed', 'read', 'restored']),
      'read',
      'How: it is in a list, its bytes were read, or it was restored elsewhere. Default: read.',
      'read',
      { mission: ['H8'] },
    ),
  }),
  step('safety-copy', 'Keeps the damaged state before it is overwritten: the way back.', ['I16'], {
    systems: systems('Of which systems.'),
  }),
  step('preserve-evidence', 'Keeps what investigators need, before anything is changed.', ['I18'], {
    systems: systems('Of which systems.'),
    what: maybe(texts(), 'What is kept.', ['memory', 'disks', 'logs']),
  }),
  step('restore', 'Brings data back.', ['I1', 'I2', 'I3', 'I5', 'I7', 'I8', 'I11', 'I12'], {
    systems: systems('Of which systems. Default: those of the runbook.'),
    from: maybe(reference('vault'), 'From which vault. Default: the nearest that has the point.', 'away'),
    to: usually(
      z.enum(['staging', 'production', 'sandbox']),
      'staging',
      'Where: beside (staging), or in place (production). Default: staging.',
      'staging',
      { mission: ['I6'] },
    ),
    destination: maybe(reference('destination'), 'Where exactly.', 'test-database'),
    what: usually(
      z.enum([
        'everything',
        'full',
        'incrementals',
        'files',
        'archive',
        'configuration',
        'environment',
        'models',
      ]),
      'everything',
      'What of it. Default: everything.',
      'files',
      { mission: ['I1', 'I8', 'I9'] },
    ),
    run: maybe(
      commandLine(),
      'The command that does it, where Lifeboat does not.',
      'pg_restore -d shop shop.dump',
    ),
  }),
  step('apply-logs', 'Brings the log after the backup back, up to a moment.', ['D7', 'I2'], {
    systems: systems('Of which systems.'),
    until: usually(
      z.enum(['end', 'chosen-point', 'before-incident']),
      'chosen-point',
      'Up to where. Default: chosen-point.',
      'chosen-point',
    ),
  }),
  step('migrate', 'Brings the restored data up to the release.', ['I4'], { systems: systems('Which.'), run }),
  step(
    'move-into-place',
    'Puts what was restored and checked to where it is used; what it replaces is kept aside, as every restore in place keeps it.',
    ['I6'],
    {
      systems: systems('Which.'),
    },
  ),
  step('update-reference', 'Points users of the data to where it now is.', ['I2', 'I6'], {
    what: must(text(), 'Which reference.', 'the connection string of the API'),
    systems: systems('Where.'),
    run,
  }),
  step('check', 'Checks what came back.', ['H11', 'I1', 'I3', 'I4', 'I5', 'I12', 'K8', 'P2'], {
    systems: systems('Which. Their checks are run.'),
    probes: maybe(references('probe'), 'What else is asked.', ['api-health']),
    checklist: maybe(texts(), 'What a person looks at.', ['A customer can order.'], { mission: ['P2'] }),
    run: maybe(commandLine(), 'A command that ends with 0 when it is good.', './scripts/check.sh'),
  }),
  step('reapply-erasures', 'Erases again what was erased since the recovery point.', ['Q1'], {
    systems: systems('Where.'),
    run,
  }),
];

const machineSteps = [
  step('provision', 'Builds what things run on.', ['I1', 'I11', 'K9'], {
    site: maybe(reference('site'), 'Where.', 'standby'),
    what: maybe(texts(), 'What is built.', ['virtual machines', 'databases']),
    run,
  }),
  step('stop', 'Stops services.', ['I2', 'I3', 'I5'], {
    systems: must(references('system'), 'Which.', ['api']),
  }),
  step('start', 'Starts services.', ['I3', 'I15'], {
    systems: must(references('system'), 'Which.', ['api']),
  }),
  step('restart', 'Starts services anew.', ['I2', 'I5', 'I10', 'I17'], {
    systems: must(references('system'), 'Which.', ['api']),
    only_if_needed: usually(
      z.boolean(),
      false,
      'Only where a probe says that it is not well. Default: false.',
      true,
    ),
  }),
  step('isolate', 'Cuts systems off, so that damage does not spread.', ['I13', 'I14', 'I18'], {
    systems: must(references('system'), 'Which.', ['api']),
    run,
  }),
  step('pause', 'Stops what would spread damage or remove the way back.', ['I13'], {
    what: must(
      z
        .array(z.enum(['schedules', 'replication', 'sync', 'retention', 'deletion']))
        .min(1)
        .meta({ isSet: true }),
      'What is stopped.',
      ['schedules', 'replication'],
    ),
    systems: systems('Of which systems.'),
  }),
  step('resume', 'Starts again what was paused, and looks that it runs.', ['I13'], {
    what: must(
      z
        .array(z.enum(['schedules', 'replication', 'sync', 'retention', 'deletion']))
        .min(1)
        .meta({ isSet: true }),
      'What is started.',
      ['schedules', 'replication'],
    ),
    systems: systems('Of which systems.'),
  }),
  step('rotate-credentials', 'Replaces passwords, keys and tokens.', ['G6', 'I14'], {
    which: maybe(texts(), 'Which. Default: all.', ['database passwords']),
    run,
  }),
  step('promote', 'Makes a replica the one that is written to.', ['I15', 'I17', 'K6'], {
    systems: must(references('system'), 'Which.', ['orders-db']),
    to: maybe(reference('site'), 'At which site.', 'standby'),
    run,
  }),
  step('update-dns', 'Leads names to the new place.', ['B25', 'I1', 'I12', 'I15', 'I17', 'K7'], {
    systems: maybe(references('system'), 'Systems whose records are changed.', ['dns']),
    run,
  }),
  step('invalidate-cdn', 'Makes the CDN forget what it remembers.', ['I7'], {
    systems: systems('Which.'),
    run,
  }),
  step('deploy', 'Puts a release in place.', ['I1', 'I9', 'I11'], {
    systems: systems('Of what.'),
    release: usually(
      z.union([z.enum(['recorded', 'latest']), text()]),
      'recorded',
      'Which: the one recorded with the recovery point, the latest, or a named one. Default: recorded.',
      'recorded',
    ),
    run,
  }),
  step('configure', 'Sets up what the system needs to work.', ['I1', 'I9'], {
    what: must(text(), 'What.', 'access to remote AI models'),
    systems: systems('Where.'),
    run,
  }),
  step('fail-over', 'Moves service to the other site, by the plan of the failover.', ['I15', 'K6'], {
    failover: must(reference('failover'), 'Which one.', 'to-west'),
  }),
  step('run-runbook', 'Does another runbook.', ['I11', 'I12'], {
    runbook: must(reference('runbook'), 'Which one.', 'database-restore'),
  }),
  step('monitor', 'Watches for a while.', ['I1', 'I9', 'I10', 'I12', 'M9'], {
    for: maybe(positiveDuration(), 'How long.', '2 h'),
    probes: maybe(references('probe'), 'What is watched.', ['api-health']),
    systems: systems('Which.'),
  }),
];

const commandStep = step('command', 'Runs a program.', ['I3'], {
  run: must(commandLine(), 'The program.', './scripts/do-it.sh'),
});

/** One step of a runbook. */
export const stepSchema = z
  .discriminatedUnion('do', [commandStep, ...peopleSteps, ...dataSteps, ...machineSteps])
  .meta({ description: 'One typed act.', examples: [{ do: 'stop', systems: ['api'] }] });
