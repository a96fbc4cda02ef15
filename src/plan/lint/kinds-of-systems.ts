import type { ResolvedSystem } from '../resolved-plan.ts';

/** Words in what a system is called or holds that say more than the kind of its source. */
const wordsOf = ({ name, description = '', content, dataClasses }: ResolvedSystem): string =>
  [name, description, ...content, ...dataClasses].join(' ').toLowerCase();

export function isDatabase(system: ResolvedSystem): boolean {
  const kind = system.source?.kind;
  if (kind === 'sqlite' || kind === 'postgres' || kind === 'mysql') return true;
  return kind === 'command' && /\b(?:database|db|sql|dump)\b|[-_]db\b/.test(wordsOf(system));
}

export function isConfiguration(system: ResolvedSystem): boolean {
  const kind = system.source?.kind;
  if (kind === undefined) return false;
  if (kind === 'env' || kind === 'kubernetes' || kind === 'terraform') return true;
  return /\b(?:config|configs|configuration|configurations|settings|environment|secrets|certificates?)\b/.test(
    wordsOf(system),
  );
}

export function isFiles(system: ResolvedSystem): boolean {
  const kind = system.source?.kind;
  if (kind === 's3' || kind === 'azure' || kind === 'files') return !isConfiguration(system);
  return kind === 'command' && /\b(?:files?|uploads?|assets?|images?|videos?|music)\b/.test(wordsOf(system));
}
