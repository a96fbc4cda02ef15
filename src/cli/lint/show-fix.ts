/** A fix for people: what differs, file by file, without secrets. */
import { hideSecretsInLine } from '../../plan/format-finding.ts';
import type { Style } from '../style.ts';
import type { FixedFile } from './fix-plan.ts';
import { type DiffLine, diffLines } from './unified-diff.ts';

/** As `diff -u` writes it, without a newline at the end. */
export function diffText({ fileName, before, after }: FixedFile, style: Style): string {
  const [old, young] = [before.split('\n'), after.split('\n')];
  const lines = diffLines(before, after).map((line) =>
    coloured(line, safeText(line, line.sign === '-' ? old : young), style),
  );
  return [style.bold(`--- ${fileName}`), style.bold(`+++ ${fileName}`), ...lines].join('\n');
}

/** A line may be anywhere below a key that names a secret, so all lines that it stands below are asked. */
function safeText({ sign, text, index }: DiffLine, lines: readonly string[]): string {
  if (sign === '@') return text;
  const above = linesAbove(lines, index).map((line) => hideSecretsInLine(text, line));
  return above.find((safe) => safe !== text) ?? hideSecretsInLine(text, '');
}

/** Those of less and less indentation, the nearest first. */
function linesAbove(lines: readonly string[], index: number): readonly string[] {
  const above: string[] = [];
  let indentation = indentationOf(lines[index] ?? '');
  for (let at = index - 1; at >= 0 && indentation > 0; at -= 1) {
    const line = lines[at] ?? '';
    if (line.trim() === '' || indentationOf(line) >= indentation) continue;
    indentation = indentationOf(line);
    above.push(line);
  }
  return above;
}

function indentationOf(line: string): number {
  return line.length - line.trimStart().length;
}

function coloured({ sign }: DiffLine, text: string, style: Style): string {
  if (sign === '@') return style.dim(text);
  if (sign === ' ') return ` ${text}`;
  return sign === '-' ? style.red(`-${text}`) : style.green(`+${text}`);
}
