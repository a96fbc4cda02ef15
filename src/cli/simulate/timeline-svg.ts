/**
 * The order of a recovery as a picture: a row for what is shared, then one for each system in the order in which they
 * are back. The same simulation gives the same bytes.
 */
import { durationText } from '../../objective/duration-text.ts';
import type { Simulation, SystemForecast, TimelineTask } from '../../plan/simulate/simulation.ts';
import { describeMoment } from '../../recovery-point/parse-moment.ts';
import { shortened } from '../wrap-text.ts';
import { backText, lossText, targetText, wayText } from './forecast-words.ts';
import { statusWords } from './status-words.ts';
import { coordinate, escaped, line, rectangle, words } from './svg-elements.ts';
import { svgStyle } from './svg-style.ts';
import { type TimeScale, timeScale } from './time-scale.ts';

const pageWidth = 1200;
const labelWidth = 200;
const chartX = labelWidth + 12;
const chartWidth = 700;
const verdictX = chartX + chartWidth + 26;
const figuresX = verdictX + 86;
const headHeight = 118;
const rowHeight = 30;
const barHeight = 16;
const footHeight = 46;
const nameLengthMax = 27;
const unknownWidth = 16;
const barWidthMin = 3;
const letterWidth = 6.4;

/** `timeZone` is that in which the moment is told, if there is one. */
export function timelineSvg(planName: string, simulation: Simulation, timeZone = 'UTC'): string {
  const scale = timeScale(timesOf(simulation), chartWidth);
  const lanes = lanesOf(simulation.shared);
  const rowCount = lanes.length + simulation.systems.length;
  const height = headHeight + rowCount * rowHeight + footHeight;
  const bottom = headHeight + rowCount * rowHeight;
  const title = `${planName}: recovery after ${simulation.scenario}`;
  const rows = [
    ...lanes.map((lane, index) => laneRow(lane, index, scale)),
    ...simulation.systems.map((system, index) => systemRow(system, lanes.length + index, scale)),
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${pageWidth} ${height}" width="${pageWidth}" height="${height}" role="img" aria-labelledby="title desc">`,
    `<title id="title">${escaped(title)}</title>`,
    `<desc id="desc">${escaped(description(simulation))}</desc>`,
    `<style>${svgStyle}</style>`,
    '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line class="hatch" x1="0" y1="0" x2="0" y2="6"/></pattern></defs>',
    `<rect class="page" width="${pageWidth}" height="${height}"/>`,
    words(16, 28, 'title', shortened(title, 110)),
    words(16, 48, 'small', subtitle(simulation, timeZone)),
    ...legend(),
    ...stripes(rowCount),
    ...axis(scale, bottom),
    ...rows.flat(),
    words(16, height - 16, 'small', footer(simulation, scale)),
    '</svg>',
    '',
  ].join('\n');
}

/** Ends of all tasks, and the targets that are not far beyond them. */
function timesOf({ shared, systems }: Simulation): readonly number[] {
  const ends = [...shared, ...systems.flatMap(({ tasks }) => tasks)].map(({ endMs }) => endMs);
  const lastMs = ends.reduce((max, ms) => Math.max(max, ms), 0);
  const targets = systems.map(rtoOf).filter((ms) => ms !== undefined && ms <= lastMs * targetReach);
  return [...ends, ...targets.filter((ms) => ms !== undefined)];
}

const targetReach = 1.6;

function rtoOf({ verdicts }: SystemForecast): number | undefined {
  return verdicts.find(({ objective }) => objective === 'rto')?.targetMs;
}

function description({ systems, status, criticalPath }: Simulation): string {
  const each = systems.map(
    (system) =>
      `${system.system}: back after ${backText(system.back)}${targetText(system, 'rto')}, lost ${lossText(system.loss)}${targetText(system, 'rpo')}`,
  );
  const path = criticalPath.steps.map(({ label }) => label).join(', then ');
  return `Verdict: ${statusWords[status]}. ${each.join('. ')}. Critical path: ${path === '' ? 'none' : path}.`;
}

function subtitle(
  { kind, atMs, status, criticalPath, description: what, systems }: Simulation,
  timeZone: string,
): string {
  const never = systems.filter(({ back }) => back.kind === 'never').length;
  const when = atMs === undefined ? 'at the worst moment' : describeMoment(atMs, timeZone);
  const least = criticalPath.isKnown ? '' : 'at least ';
  const back = `${never === 0 ? '' : `${never} never back · `}last back after ${least}${durationText(criticalPath.totalMs)}`;
  const text = `${statusWords[status]} · ${kind}, ${when} · ${back}${what === undefined ? '' : ` · ${what}`}`;
  return shortened(text, 170);
}

function footer({ systems }: Simulation, { isCompressed }: TimeScale): string {
  const axis = isCompressed ? 'The time axis is compressed: later times stand closer together. ' : '';
  return `${axis}${systems.length} systems in the order in which they are back; time counts from the disaster. Lighter bars are assumed durations; the lightest rest on something unknown.`;
}

const legendItems = [
  ['detect', 'notice'],
  ['respond', 'people'],
  ['prepare', 'prepare'],
  ['restore', 'bring data back'],
  ['start', 'start and check'],
  ['unknown', 'duration unknown'],
  ['start not-before', 'not before'],
  ['critical', 'critical path'],
  ['target', 'objective (RTO)'],
  ['beyond', 'RTO lies beyond'],
] as const;

function legend(): readonly string[] {
  let x = 16;
  return legendItems.flatMap(([className, label]) => {
    const at = x;
    x += 26 + label.length * letterWidth + 18;
    return [legendSign(className, at), words(at + 22, 73, 'small', label)];
  });
}

function legendSign(className: (typeof legendItems)[number][0], x: number): string {
  if (className === 'critical') return rectangle({ x, y: 68, width: 16, height: 3 }, className);
  if (className === 'target') return targetSign(x + 8, 62);
  if (className === 'beyond') return words(x + 3, 73, 'small', '→');
  return rectangle({ x, y: 63, width: 16, height: 12 }, className);
}

function stripes(rowCount: number): readonly string[] {
  return Array.from({ length: Math.ceil(rowCount / 2) }, (_, index) =>
    rectangle({ x: 0, y: headHeight + index * 2 * rowHeight, width: pageWidth, height: rowHeight }, 'stripe'),
  );
}

function axis(scale: TimeScale, bottom: number): readonly string[] {
  return scale.ticks.flatMap(({ ms, label }) => {
    const x = chartX + scale.at(ms);
    return [line(x, headHeight - 6, x, bottom, 'grid'), words(x, headHeight - 12, 'tick', label)];
  });
}

/** Shared tasks that run side by side stand in rows of their own. */
function lanesOf(tasks: readonly TimelineTask[]): readonly (readonly TimelineTask[])[] {
  const lanes: TimelineTask[][] = [];
  for (const task of tasks) {
    const free = lanes.find((lane) => (lane.at(-1)?.endMs ?? 0) <= task.startMs);
    if (free === undefined) lanes.push([task]);
    else free.push(task);
  }
  return lanes;
}

function laneRow(lane: readonly TimelineTask[], row: number, scale: TimeScale): readonly string[] {
  const y = headHeight + row * rowHeight;
  const name = row === 0 ? 'response and shared steps' : 'at the same time';
  return [words(labelWidth, y + 20, 'name small', name), ...bars(lane, y, scale)];
}

function systemRow(system: SystemForecast, row: number, scale: TimeScale): readonly string[] {
  const y = headHeight + row * rowHeight;
  const [first] = system.tasks;
  const waitEnd = scale.at(first?.startMs ?? endOf(system));
  const name = `name${system.isOnCriticalPath ? ' bold' : ''}`;
  const middle = y + rowHeight / 2;
  return [
    words(
      labelWidth,
      y + 20,
      name,
      shortened(system.system, nameLengthMax),
      `${system.system}: ${wayText(system.way)}`,
    ),
    ...(waitEnd > 2 && system.way.kind !== 'lost'
      ? [line(chartX, middle, chartX + waitEnd, middle, 'wait')]
      : []),
    ...bars(system.tasks, y, scale),
    ...(system.way.kind === 'lost' ? [words(chartX + 4, y + 20, 'breached', '✗ nothing is left')] : []),
    ...target(system, y, scale),
    ...verdict(system, y),
  ];
}

function endOf({ back }: SystemForecast): number {
  if (back.kind === 'known') return back.atMs;
  return back.kind === 'unknown' ? back.atLeastMs : 0;
}

/** What comes after something unknown stands beside its sign, for it has no place of its own. */
function bars(tasks: readonly TimelineTask[], y: number, scale: TimeScale): readonly string[] {
  let beside = 0;
  return tasks.flatMap((task) => {
    const drawn = bar(task, y, scale, beside);
    if (task.origin === undefined) beside += unknownWidth;
    return drawn;
  });
}

function bar(task: TimelineTask, y: number, scale: TimeScale, beside: number): readonly string[] {
  const x = chartX + scale.at(task.startMs) + beside;
  const exact = scale.at(task.endMs) - scale.at(task.startMs);
  const isUnknown = task.origin === undefined;
  if (!isUnknown && exact === 0) return [];
  const width = isUnknown ? unknownWidth : Math.max(barWidthMin, exact);
  const box = { x, y: y + (rowHeight - barHeight) / 2, width, height: barHeight };
  const lightness = task.isStartKnown ? (task.origin === 'assumed' ? ' assumed' : '') : ' not-before';
  const className = `${task.kind}${lightness}`;
  const under = { x, y: box.y + barHeight + 1, width, height: 3 };
  return [
    rectangle(box, isUnknown ? 'unknown' : className, barTitle(task)),
    ...(isUnknown ? [words(x + 5, y + 20, 'bold', '?')] : []),
    ...(!isUnknown && task.isStartKnown ? inside(task.label, x, y, width) : []),
    ...(task.isCritical ? [rectangle(under, 'critical')] : []),
  ];
}

function inside(label: string, x: number, y: number, width: number): readonly string[] {
  return width > label.length * letterWidth + 8 ? [words(x + 4, y + 19, 'inside', label)] : [];
}

function barTitle({ label, startMs, endMs, origin, says }: TimelineTask): string {
  const long = origin === undefined ? 'unknown' : `${durationText(endMs - startMs)}, ${origin}`;
  return `${label}: ${long} (${says}), from ${durationText(startMs)} on`;
}

/** A target beyond the picture is an arrow at its edge. */
function target(system: SystemForecast, y: number, scale: TimeScale): readonly string[] {
  const ms = rtoOf(system);
  if (ms === undefined) return [];
  const endMs = scale.ticks.at(-1)?.ms ?? 0;
  const x = scale.at(ms);
  const isBeyond = x >= chartWidth && ms > endMs;
  if (isBeyond && scale.at(ms - 1) >= chartWidth)
    return [words(chartX + chartWidth + 4, y + 19, 'small', '→')];
  return [targetSign(chartX + x, y + 4)];
}

function targetSign(x: number, y: number): string {
  const head = `${coordinate(x - 4)},${coordinate(y)} ${coordinate(x + 4)},${coordinate(y)} ${coordinate(x)},${coordinate(y + 5)}`;
  return `<polygon class="target-head" points="${head}"/>${line(x, y, x, y + 14, 'target')}`;
}

function verdict(system: SystemForecast, y: number): readonly string[] {
  const { status } = system;
  const word = status === undefined ? '–' : statusWords[status];
  const className =
    status === 'breached' ? 'breached' : status === 'met' ? 'met' : status === undefined ? 'small' : 'unsure';
  const rto = `${system.back.kind === 'never' ? 'back: never' : `back ${backText(system.back)}`}${targetText(system, 'rto')}`;
  const rpo = `lost ${lossText(system.loss)}${targetText(system, 'rpo')}`;
  return [
    words(verdictX, y + 13, className, word),
    words(figuresX, y + 13, 'small', rto),
    words(figuresX, y + 26, 'small', rpo),
  ];
}
