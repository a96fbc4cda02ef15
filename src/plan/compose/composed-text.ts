import type { ParsedPlan } from '../parse-plan.ts';

/** The plan as one text that needs no other file. */
export function composedText(parsed: ParsedPlan): string {
  return parsed.text;
}
