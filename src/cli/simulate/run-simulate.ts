/** Simulates one scenario of a plan, or tells how all of them would end. */
import { resolve } from 'node:path';
import { exitCodes } from '../../error/codes.ts';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { type Status, worstStatus } from '../../objective/objective.ts';
import { nearestName } from '../../plan/nearest-name.ts';
import { type StrikeMoment, simulate } from '../../plan/simulate/simulate.ts';
import type { Simulation } from '../../plan/simulate/simulation.ts';
import { withGaps } from '../../plan/simulate/with-gaps.ts';
import type { AppContext } from '../cli-context.ts';
import type { CommandEnd } from '../command.ts';
import type { Input } from '../input.ts';
import { profileOf } from '../load-plan.ts';
import { loadUnfinished, type UnfinishedPlan } from '../load-unfinished.ts';
import { momentOf } from '../moment-of.ts';
import type { Output } from '../output.ts';
import { planFacts } from '../plan-facts.ts';
import { plural } from '../quantity-text.ts';
import { tableLines } from '../table.ts';
import { simulationText } from './print-simulation.ts';
import { scenarioSentence } from './scenario-sentence.ts';
import { simulationRecords } from './simulation-records.ts';
import { statusPainter, statusWords, worstFirst } from './status-words.ts';
import { timelineSvg } from './timeline-svg.ts';
import { writePicture } from './write-picture.ts';

export async function runSimulate(context: AppContext, input: Input): Promise<CommandEnd> {
  const scenario = input.value('--scenario');
  const svg = input.value('--svg');
  if (svg !== undefined && scenario === undefined)
    throw new LifeboatError('USAGE', '--svg draws one scenario, and none is named', {
      hint: 'Add --scenario NAME.',
    });
  const loaded = await loadUnfinished(
    context.output,
    input.value('--plan'),
    context.folder,
    profileOf(input),
  );
  const at = momentIn(context, input, loaded);
  if (scenario === undefined) return await listed(context, loaded, at);
  const simulation = foreseen(loaded, at, [scenario])[0];
  if (simulation === undefined) throw noSuchScenario(scenario, loaded);
  await told(context, loaded, simulation);
  if (svg !== undefined) {
    const picture = timelineSvg(loaded.resolved.metadata.name, simulation, loaded.resolved.metadata.timeZone);
    await writePicture(resolve(context.folder, svg), picture);
    await context.output.text(`\n${svg}: written.`);
  }
  return ended([simulation], svg === undefined ? {} : { svg });
}

function momentIn(context: AppContext, input: Input, { resolved }: UnfinishedPlan): StrikeMoment | undefined {
  const text = input.value('--at');
  return text === undefined ? undefined : { nowMs: momentOf(text, resolved.metadata.timeZone, context) };
}

function foreseen(
  { resolved, parsed, folder, gaps }: UnfinishedPlan,
  at: StrikeMoment | undefined,
  scenarios: readonly string[],
): readonly Simulation[] {
  const facts = planFacts(parsed, folder);
  return scenarios.flatMap((name) => {
    const simulation = simulate(resolved, name, facts, at);
    return simulation === undefined ? [] : [withGaps(simulation, resolved, gaps)];
  });
}

/** Scenarios that could not stay in the plan for their placeholders. */
function withoutForecast({ resolved, gaps }: UnfinishedPlan): readonly string[] {
  const names = gaps.flatMap(({ at: [block, name] }) => (block === 'scenarios' ? [String(name)] : []));
  return [...new Set(names)].filter((name) => !Object.hasOwn(resolved.scenarios, name));
}

function noSuchScenario(name: string, loaded: UnfinishedPlan): LifeboatError {
  const { path, resolved } = loaded;
  if (withoutForecast(loaded).includes(name)) {
    return new LifeboatError('PLAN_UNFINISHED', `the scenario ${name} of ${path} has placeholders`, {
      hint: 'Run `lifeboat lint` to see who owes the values; without them it cannot be foreseen.',
    });
  }
  const known = Object.keys(resolved.scenarios);
  const near = nearestName(name, known);
  const list =
    known.length === 0 ? 'The plan has no scenarios.' : `Scenarios: ${known.slice(0, 20).join(', ')}.`;
  return new LifeboatError('USAGE', `the plan ${path} has no scenario ${name}`, {
    hint: near === undefined ? list : `Did you mean ${near}? ${list}`,
  });
}

async function told(
  { output }: AppContext,
  { resolved }: UnfinishedPlan,
  simulation: Simulation,
): Promise<void> {
  if (output.json) for (const record of simulationRecords(simulation)) await output.result(record);
  else await output.text(simulationText(resolved.metadata, simulation, output.style));
}

async function listed(
  context: AppContext,
  loaded: UnfinishedPlan,
  at: StrikeMoment | undefined,
): Promise<CommandEnd> {
  const { output } = context;
  const simulations = foreseen(loaded, at, Object.keys(loaded.resolved.scenarios)).toSorted(
    (a, b) => worstFirst.indexOf(a.status) - worstFirst.indexOf(b.status),
  );
  const leftOut = withoutForecast(loaded);
  if (simulations.length + leftOut.length === 0) {
    await output.text('The plan has no scenarios: write one in `scenarios`, and its end can be foreseen.');
    return { summary: { status: 'unknown', scenarios: 0 }, exitCode: exitCodes.inconclusive };
  }
  await tabled(output, [
    ...leftOut.map((scenario) => ({
      scenario,
      kind: '?',
      status: 'unknown' as const,
      sentence: 'has placeholders, without which it cannot be foreseen',
    })),
    ...simulations.map((each) => ({ ...each, sentence: scenarioSentence(each) })),
  ]);
  if (!output.json)
    await output.text('\n`lifeboat plan simulate --scenario NAME` tells one of them in full.');
  return ended(simulations, {}, leftOut.length);
}

interface ScenarioRow {
  readonly scenario: string;
  readonly kind: string;
  readonly status: Status;
  readonly sentence: string;
}

async function tabled(output: Output, rows: readonly ScenarioRow[]): Promise<void> {
  const cells = rows.map(({ status, scenario, kind, sentence }) => [
    statusWords[status],
    scenario,
    kind,
    sentence,
  ]);
  const columns = ['state', 'scenario', 'kind', 'what comes of it'].map((heading) => ({ heading }));
  const [heading = '', ...lines] = tableLines(columns, cells, output.style);
  await output.text(heading);
  for (const [index, { scenario, kind, status, sentence }] of rows.entries()) {
    const record = { type: 'scenario', scenario, kind, status, sentence };
    await output.result(record, statusPainter(status, output.style)(lines[index] ?? ''));
  }
}

function ended(
  simulations: readonly Simulation[],
  more: Readonly<Record<string, unknown>>,
  leftOut = 0,
): CommandEnd {
  const status = worstStatus([
    ...simulations.map((each) => each.status),
    ...(leftOut > 0 ? (['unknown'] as const) : []),
  ]);
  const unmet = simulations.flatMap(({ systems }) =>
    systems.filter((each) => each.status === 'breached' || each.status === 'unknown'),
  );
  const summary = { status, scenarios: simulations.length + leftOut, ...more };
  if (status === 'met' || status === 'at-risk') return { summary };
  const message =
    unmet.length === 0
      ? 'something blocks, or no objective could be judged'
      : `breached or unknown: ${plural(unmet.length, 'forecast')}`;
  return {
    summary,
    error: new LifeboatError('OBJECTIVE_NOT_MET', message, {
      hint: 'See what blocks, and give the plan what is missing.',
    }),
  };
}
