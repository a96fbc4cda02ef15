/** A simulation for people: a table worst first, what blocks, the critical path, people and services. */
import { durationText } from '../../objective/duration-text.ts';
import type { PathStep, Simulation, SystemForecast } from '../../plan/simulate/simulation.ts';
import { describeMoment } from '../../recovery-point/parse-moment.ts';
import { plural } from '../quantity-text.ts';
import type { Style } from '../style.ts';
import { tableLines } from '../table.ts';
import { shortened, wrapText } from '../wrap-text.ts';
import { backText, lossText, originText, targetText, wayText } from './forecast-words.ts';
import { statusPainter, statusWords, worstFirst } from './status-words.ts';

const columnsMax = 100;
const rowsMax = 200;
const detailedMax = 30;
const blockersMax = 12;
const nameLengthMax = 22;

/** The plan, as a heading needs it. */
export interface PlanHead {
  readonly name: string;
  readonly timeZone: string;
}

export function simulationText(plan: PlanHead, simulation: Simulation, style: Style): string {
  const parts = [
    headText(plan, simulation, style),
    tableText(simulation, style),
    listText('What blocks', blockerLines(simulation), style),
    listText(pathTitle(simulation), simulation.criticalPath.steps.map(pathLine), style),
    listText('People', peopleLines(simulation), style),
    listText('Services and vendors', serviceLines(simulation), style),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function headText({ name, timeZone }: PlanHead, simulation: Simulation, style: Style): string {
  const { scenario, kind, description, atMs, status, struckSites, struckVaults, unaffected } = simulation;
  const when = atMs === undefined ? 'at the worst moment' : `at ${describeMoment(atMs, timeZone)}`;
  const gone = [
    ...struckSites.map((site) => `the site ${site}`),
    ...struckVaults.map((vault) => `the vault ${vault.name} (${vault.why})`),
  ];
  const lines = [
    `${style.bold(`${name}: ${scenario}`)} (${kind}) ${when}: ${statusPainter(status, style)(statusWords[status])}`,
    ...(description === undefined ? [] : [description]),
    ...(gone.length === 0 ? [] : [`Gone: ${gone.join('; ')}.`]),
    ...(unaffected.length === 0 ? [] : [`Not affected: ${plural(unaffected.length, 'system')}.`]),
  ];
  return lines.map((line) => wrapText(line, columnsMax, '  ')).join('\n');
}

const columns = [
  { heading: 'state' },
  { heading: 'system' },
  { heading: 'lost (RPO)' },
  { heading: 'back after (RTO)' },
  { heading: 'rests on' },
  { heading: 'how' },
];

function tableText({ systems }: Simulation, style: Style): string {
  const sorted = systems.toSorted((a, b) => rank(a) - rank(b));
  const shown = sorted.slice(0, rowsMax);
  const plain = { ...style, bold: (text: string) => text };
  const [heading = '', ...lines] = tableLines(columns, shown.map(cellsOf), plain);
  const rows = lines.map((line, index) => {
    const row = statusPainter(shown[index]?.status, style)(line);
    return [row, ...(index < detailedMax ? detailLines(shown[index]) : [])].join('\n');
  });
  const more = sorted.length > rowsMax ? [`and ${sorted.length - rowsMax} more, see --json`] : [];
  return [style.bold(heading), ...rows, ...more].join('\n');
}

/** Why what is lost is too much or unknown, and why a time is unknown; a known time has its critical path. */
function detailLines(forecast: SystemForecast | undefined): readonly string[] {
  if (forecast === undefined) return [];
  const judged = forecast.verdicts
    .filter(
      ({ status, objective }) => status !== 'met' && (objective === 'rpo' || forecast.back.kind !== 'known'),
    )
    .map(({ objective, reason }) => `${objective.toUpperCase()}: ${reason}`);
  return [...judged, ...notPromised(forecast)].map((text) => wrapText(`    ${text}`, columnsMax, '      '));
}

/** What is unknown although nobody promised it. */
function notPromised({ loss, back, verdicts }: SystemForecast): readonly string[] {
  const isJudged = (objective: string): boolean => verdicts.some((each) => each.objective === objective);
  const isLossOpen = loss.kind === 'unknown' || loss.kind === 'everything';
  return [
    ...(isLossOpen && !isJudged('rpo') ? [`no RPO is set: ${loss.why}`] : []),
    ...(back.kind !== 'known' && !isJudged('rto') ? [`no RTO is set: ${back.why}`] : []),
  ];
}

function rank({ status }: SystemForecast): number {
  return status === undefined ? worstFirst.length : worstFirst.indexOf(status);
}

function cellsOf(forecast: SystemForecast): readonly string[] {
  const { status, system, loss, back, way } = forecast;
  return [
    status === undefined ? '–' : statusWords[status],
    shortened(system, nameLengthMax),
    `${lossText(loss)}${targetText(forecast, 'rpo')}`,
    `${backText(back)}${targetText(forecast, 'rto')}`,
    originText(forecast),
    wayText(way),
  ];
}

function listText(title: string, lines: readonly string[], style: Style): string {
  if (lines.length === 0) return '';
  return [
    style.bold(title),
    ...lines
      .map((line) => wrapText(`  ${line}`, columnsMax, '    '))
      .join('\n')
      .split('\n'),
  ].join('\n');
}

function blockerLines({ blockers }: Simulation): readonly string[] {
  const lines = blockers
    .slice(0, blockersMax)
    .map(({ severity, message, hint }) => `${severity === 'blocks' ? '✗' : '?'} ${message}. ${hint}`);
  const more = blockers.length - blockersMax;
  return more > 0 ? [...lines, `and ${more} more, see --json`] : lines;
}

function pathTitle({ criticalPath: { system, totalMs, isKnown } }: Simulation): string {
  const total = `${isKnown ? '' : 'at least '}${durationText(totalMs)}`;
  return `Critical path: ${total} until ${system ?? 'nothing'} is back`;
}

function pathLine({ label, durationMs, origin, says }: PathStep): string {
  const time = durationMs === undefined ? '?' : durationText(durationMs);
  return `${time.padEnd(12)} ${label} (${origin ?? 'unknown'}: ${says})`;
}

function peopleLines({ people }: Simulation): readonly string[] {
  return people.map(({ name, kind, who, for: roles, reach }) => {
    const behind = kind === 'owner' || who.length === 0 ? '' : `, ${who.join(', ')}`;
    const how = kind === 'owner' ? '' : `; ${reach ?? 'no way to reach them'}`;
    return `${name}${behind}: ${roles.join(', ')}${how}`;
  });
}

const stateWords = { there: '', struck: '; STRUCK AS WELL', fallback: '; struck, there is a fallback' };

function serviceLines({ services }: Simulation): readonly string[] {
  return services.map(({ name, for: uses, phone, answersWithinMs, state }) => {
    const call = phone === undefined ? '' : `; ${phone}`;
    const answers = answersWithinMs === undefined ? '' : `, answers within ${durationText(answersWithinMs)}`;
    return `${name}: ${uses.join(', ')}${call}${answers}${stateWords[state]}`;
  });
}
