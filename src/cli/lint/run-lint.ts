/** Lints one plan: reads it, fixes it when asked to, tells what there is to say, and ends by how bad it is. */
import { type ExitCode, exitCodes } from '../../error/codes.ts';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { Finding } from '../../plan/finding.ts';
import { lintPlan } from '../../plan/lint/lint-plan.ts';
import type { ParsedPlan } from '../../plan/parse-plan.ts';
import type { AppContext } from '../cli-context.ts';
import type { CommandEnd } from '../command.ts';
import type { Input } from '../input.ts';
import { loadPlan, profileOf } from '../load-plan.ts';
import type { Output } from '../output.ts';
import { planFacts } from '../plan-facts.ts';
import { styleFor } from '../style.ts';
import { fixPlan, type PlanFix } from './fix-plan.ts';
import { nextStep } from './next-step.ts';
import { countsText, findingTexts } from './print-findings.ts';
import { sarifLog } from './sarif.ts';
import { diffText } from './show-fix.ts';
import { writeFix } from './write-fix.ts';

export async function runLint(context: AppContext, input: Input): Promise<CommandEnd> {
  refuseContradictions(input);
  const { parsed, folder, path } = await loadPlan(input.value('--plan'), context.folder, profileOf(input));
  const nowMs = context.nowMs();
  const lint = (plan: ParsedPlan) => lintPlan(plan, planFacts(plan, folder, nowMs));
  const isStrict = input.has('--strict');
  if (input.has('--fix')) {
    const fix = fixPlan(parsed, lint);
    return input.has('--dry-run')
      ? await rehearsed(context, path, fix, { parsed, findings: lint(parsed) }, isStrict)
      : await fixed(context, path, fix, isStrict);
  }
  const linted = { parsed, findings: lint(parsed) };
  const exitCode = exitCodeOf(linted.findings, isStrict);
  if (input.has('--sarif')) return await toldAsSarif(context, linted, exitCode);
  await told(context.output, path, linted, input.has('--notes'));
  return { summary: summaryOf(path, linted), exitCode };
}

interface Linted {
  readonly parsed: ParsedPlan;
  readonly findings: readonly Finding[];
}

function refuseContradictions(input: Input): void {
  const refuse = (message: string, hint: string): never => {
    throw new LifeboatError('USAGE', message, { hint });
  };
  if (input.has('--dry-run') && !input.has('--fix'))
    refuse('--dry-run shows what --fix would do, and there is no --fix', 'Add --fix.');
  if (input.has('--sarif') && (input.has('--json') || input.has('--fix')))
    refuse('--sarif is a form of its own', 'Leave --json and --fix away.');
  if (input.has('--fix') && profileOf(input) !== undefined)
    refuse(
      '--fix changes the plan itself, not what a profile makes of it',
      'Leave --profile and LIFEBOAT_PROFILE away.',
    );
}

/** The plan is as it was, so its own findings decide how the command ends. */
async function rehearsed(
  context: AppContext,
  path: string,
  fix: PlanFix,
  before: Linted,
  isStrict: boolean,
): Promise<CommandEnd> {
  const { output } = context;
  await shown(output, fix, false);
  const left = `${countsText(before.findings)} now; ${countsText(fix.findings)} would be left.`;
  await output.text(fix.files.length === 0 ? nothingToFix : `Nothing is written. ${left}`);
  const summary = { ...summaryOf(path, before), changed: namesOf(fix) };
  return { summary, exitCode: exitCodeOf(before.findings, isStrict) };
}

async function fixed(
  context: AppContext,
  path: string,
  fix: PlanFix,
  isStrict: boolean,
): Promise<CommandEnd> {
  const { output, folder } = context;
  await writeFix(fix.files, folder);
  await shown(output, fix, true);
  await (output.json ? toldAsJson(output, fix.findings) : toldWhatIsLeft(output, fix));
  const summary = { ...summaryOf(path, fix), changed: namesOf(fix) };
  return { summary, exitCode: exitCodeOf(fix.findings, isStrict) };
}

const nothingToFix = 'There is nothing that can be corrected safely.';

async function shown(output: Output, fix: PlanFix, isWritten: boolean): Promise<void> {
  for (const file of fix.files) {
    const record = {
      type: 'fix',
      file: file.fileName,
      written: isWritten,
      diff: diffText(file, styleFor(false)),
    };
    await output.result(record, `${diffText(file, output.style)}\n`);
  }
  for (const { finding, problem } of fix.refused)
    output.warn(`line ${finding.line} (${finding.id}) is not corrected: ${problem}`);
}

function namesOf({ files }: PlanFix): readonly string[] {
  return files.map(({ fileName }) => fileName);
}

/** In the order of severity for people, in the order of places for programs. */
async function told(output: Output, path: string, linted: Linted, allNotes: boolean): Promise<void> {
  const { parsed, findings } = linted;
  if (output.json) return await toldAsJson(output, findings);
  const next = nextStep(parsed, findings);
  for (const text of findingTexts(findings, parsed, output.style, allNotes)) await output.text(`${text}\n`);
  if (findings.length === 0) return await output.text(`${path}: nothing to say`);
  await output.text(`${countsText(findings)}.${next === undefined ? '' : ` ${next}`}`);
}

/** What was corrected and how much is left; the list itself is the next `lifeboat lint`. */
async function toldWhatIsLeft(
  output: Output,
  { parsed, files, corrected, findings }: PlanFix,
): Promise<void> {
  const names = files.map(({ fileName }) => fileName).join(', ');
  await output.text(names === '' ? nothingToFix : `${names}: written.`);
  if (corrected.length > 0) {
    const lines = corrected.map((finding) => `  ${correctedText(finding, parsed.fileName)}`);
    await output.text(`\nCorrected:\n${lines.join('\n')}\n`);
  }
  const how = findings.length === 0 ? '' : ' `lifeboat lint` lists them.';
  await output.text(`Left: ${countsText(findings)}.${how}`);
}

/** By its path: lines of the plan as it was are of no use now. */
function correctedText({ id, path, file, message }: Finding, fileName: string): string {
  return `${file ?? fileName}: ${path}: ${message} [${id}]`;
}

async function toldAsJson(output: Output, findings: readonly Finding[]): Promise<void> {
  for (const finding of findings) {
    const { id, severity, sensitive, edits, declares, ...rest } = finding;
    const fixable = edits === undefined ? {} : { fixable: true };
    await output.result({ type: 'finding', rule: id, severity, ...rest, ...fixable });
  }
}

async function toldAsSarif(context: AppContext, left: Linted, exitCode: ExitCode): Promise<CommandEnd> {
  const { programVersion, folder, output } = context;
  await output.text(JSON.stringify(sarifLog({ ...left, programVersion, folder }), undefined, 2));
  return { summary: {}, exitCode };
}

function exitCodeOf(findings: readonly Finding[], isStrict: boolean): ExitCode {
  const isBad = findings.some(({ severity }) => severity === 'error' || (isStrict && severity === 'warning'));
  return isBad ? exitCodes.planErrors : exitCodes.done;
}

function summaryOf(path: string, { parsed, findings }: Linted) {
  const count = (severity: Finding['severity']) =>
    findings.filter((finding) => finding.severity === severity).length;
  return {
    plan: path,
    lines: parsed.text.split('\n').length,
    errors: count('error'),
    warnings: count('warning'),
    notes: count('info'),
    fixable: findings.filter(({ edits }) => edits !== undefined).length,
  };
}
