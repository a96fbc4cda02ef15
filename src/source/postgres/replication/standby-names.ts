/**
 * `synchronous_standby_names`: for whom commits wait. Source: PostgreSQL documentation, and syncrep_gram.y.
 *
 * What cannot be said in it: "us, and besides k of m others". So others may stand beside us only where the server waits
 * for all of them.
 */
export interface StandbyNames {
  readonly method: 'first' | 'any';
  /** For how many of them. */
  readonly count: number;
  /** `*` is everybody. */
  readonly names: readonly string[];
}

/** `undefined` when nobody is waited for, or the text cannot be read. */
export function parseStandbyNames(text: string): StandbyNames | undefined {
  const [, word = '', count = '', inner] =
    /^\s*(?:(FIRST|ANY)\s+)?(?:(\d+)\s*)?\((.*)\)\s*$/is.exec(text) ?? [];
  const names = parseList(inner ?? text);
  if (names.length === 0) return undefined;
  return {
    method: word.toLowerCase() === 'any' ? 'any' : 'first',
    count: count === '' ? 1 : Number(count),
    names,
  };
}

export function formatStandbyNames(value: StandbyNames | undefined): string {
  if (value === undefined || value.names.length === 0) return '';
  const names = value.names.map((name) => (name === '*' ? name : `"${name.replaceAll('"', '""')}"`));
  return `${value.method === 'any' ? 'ANY' : 'FIRST'} ${value.count} (${names.join(', ')})`;
}

/** Names are compared as the server does, without regard to case. */
export function isNamed(value: StandbyNames | undefined, ours: readonly string[]): boolean {
  return value?.names.some((name) => isOneOf(name, ours)) ?? false;
}

/** Whether no commit returns without one of ours: the others are too few, and `*` is as many as there are. */
export function waitsFor(value: StandbyNames | undefined, ours: readonly string[]): boolean {
  if (value === undefined || !isNamed(value, ours)) return false;
  const others = value.names.filter((name) => !isOneOf(name, ours));
  return others.length < value.count && !others.includes('*');
}

/** So that no commit returns without one of ours; `undefined` when that cannot be said together with the others. */
export function withOurs(value: StandbyNames | undefined, ours: readonly string[]): StandbyNames | undefined {
  const others = withoutOurs(value, ours);
  if (others === undefined) return { method: 'any', count: 1, names: ours };
  const waitsForAll = others.count === others.names.length && !others.names.includes('*');
  if (!waitsForAll || ours.length !== 1) return undefined;
  return { method: 'any', count: others.count + 1, names: [...ours, ...others.names] };
}

/** What is left for the others: as many of them as before, but never more than there are. */
export function withoutOurs(
  value: StandbyNames | undefined,
  ours: readonly string[],
): StandbyNames | undefined {
  if (value === undefined) return undefined;
  const names = value.names.filter((name) => !isOneOf(name, ours));
  if (names.length === 0) return undefined;
  return { method: value.method, count: Math.min(value.count, names.length), names };
}

function isOneOf(name: string, ours: readonly string[]): boolean {
  return ours.some((our) => our.toLowerCase() === name.toLowerCase());
}

function parseList(text: string): readonly string[] {
  return [...text.matchAll(/"((?:[^"]|"")*)"|([^\s,"]+)/g)].map(([, quoted, plain]) =>
    quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'),
  );
}
