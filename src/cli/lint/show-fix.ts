/** A fix for people: what differs, file by file, without secrets. */
import { hideSecretsInLine } from '../../plan/format-finding.ts';
import type { Style } from '../style.ts';
import type { FixedFile } from './fix-plan.ts';
import { type DiffLine, diffLines } from './unified-diff.ts';

/** As `diff -u` writes it, without a newline at the end. */
export function diffText({ fileName, before, after }: FixedFile, style: Style): string {
  const lines = diffLines(before, after).map((line) => coloured(line, style));
  return [style.bold(`--- ${fileName}`), style.bold(`+++ ${fileName}`), ...lines].join('\n');
}

function coloured({ sign, text, before }: DiffLine, style: Style): string {
  if (sign === '@') return style.dim(text);
  const line = `${sign}${hideSecretsInLine(text, before)}`;
  if (sign === ' ') return line;
  return sign === '-' ? style.red(line) : style.green(line);
}
