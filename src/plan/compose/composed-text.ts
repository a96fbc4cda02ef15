import { stringify } from 'yaml';
import type { ParsedPlan } from '../parse-plan.ts';
import { isPlainMap } from './plan-source.ts';

/**
 * The plan as one text that needs no other file, for those who have nothing but it. It is the file itself where that
 * is enough; else it is written anew, without comments, with all files joined, the profile applied and variables
 * filled in. Secret references stay references; relative paths still count from the folder of the main file.
 */
export function composedText(parsed: ParsedPlan): string {
  const { composed, files, profile } = parsed;
  if (!isPlainMap(composed) || (files.length === 1 && profile === undefined)) return parsed.text;
  const { include: _include, variables: _variables, profiles: _profiles, ...plan } = composed;
  const names = files.map(({ fileName }) => fileName.replaceAll(/\p{C}/gu, '?')).join(', ');
  const under = profile === undefined ? '' : ` under the profile ${profile.replaceAll(/\p{C}/gu, '?')}`;
  return `# composed from ${names}${under}\n${stringify(plan, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}
