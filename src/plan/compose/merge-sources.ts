/** Makes one plan of its files. Blocks that are maps are joined by name, lists one after the other. */
import type { Finding } from '../finding.ts';
import type { PlanPath } from '../plan-path.ts';
import { findingIn, isPlainMap, type LocalPath, type PlainMap, type PlanSource } from './plan-source.ts';

export interface MergedSources {
  readonly value: PlainMap;
  readonly findings: readonly Finding[];
  /** Where a composed path comes from; of what is in no file, where its surroundings come from. */
  localPath(path: PlanPath): LocalPath;
  /** The composed path of a local one; `undefined` when its value was not taken. */
  composedPath(local: LocalPath): PlanPath | undefined;
}

/** Where a block comes from. */
interface Block {
  readonly first: PlanSource;
  value: unknown;
  /** Of a map, when several files have a part of it. */
  readonly names: Map<string, PlanSource>;
  /** Of a list: which entries are whose. */
  readonly parts: ListPart[];
}

interface ListPart {
  readonly source: PlanSource;
  readonly start: number;
  readonly end: number;
}

/** The first source is the main file; its value is a map. */
export function mergeSources(sources: readonly PlanSource[]): MergedSources {
  const findings: Finding[] = [];
  const blocks = new Map<string, Block>();
  for (const source of sources) {
    const isMain = source === sources[0];
    if (!isPlainMap(source.value)) continue;
    for (const [key, value] of Object.entries(source.value)) {
      if (isMain) blocks.set(key, blockOf(source, value));
      else if (key === 'version') findings.push(misplaced(source, [key]));
      else if (key !== 'include') addBlock(blocks, source, key, value, findings);
    }
  }
  const [main] = sources;
  return {
    value: Object.fromEntries([...blocks].map(([key, { value }]) => [key, value])),
    findings,
    localPath: (path) => localPathOf(blocks, path, main),
    composedPath: (local) => composedPathOf(blocks, local),
  };
}

function blockOf(source: PlanSource, value: unknown): Block {
  const parts = Array.isArray(value) ? [{ source, start: 0, end: value.length }] : [];
  return { first: source, value, names: new Map(), parts };
}

function addBlock(
  blocks: Map<string, Block>,
  source: PlanSource,
  key: string,
  given: unknown,
  findings: Finding[],
): void {
  const value = key === 'metadata' ? withoutId(source, given, findings) : given;
  const block = blocks.get(key);
  // a block that is empty in one file may be filled by another
  if (block === undefined || block.value === null) blocks.set(key, blockOf(source, value));
  else if (value === null) return;
  else if (isPlainMap(block.value) && isPlainMap(value)) joinMaps(block, source, key, value, findings);
  else if (Array.isArray(block.value) && Array.isArray(value)) {
    const start = block.value.length;
    block.parts.push({ source, start, end: start + value.length });
    block.value = [...block.value, ...value];
  } else findings.push(definedTwice(source, [key], { source: block.first, path: [key] }));
}

function joinMaps(block: Block, source: PlanSource, key: string, value: PlainMap, findings: Finding[]): void {
  const entries = new Map(Object.entries(isPlainMap(block.value) ? block.value : {}));
  for (const [name, entry] of Object.entries(value)) {
    if (entries.has(name)) {
      const first = { source: block.names.get(name) ?? block.first, path: [key, name] };
      findings.push(definedTwice(source, [key, name], first));
      continue;
    }
    entries.set(name, entry);
    block.names.set(name, source);
  }
  block.value = Object.fromEntries(entries);
}

function withoutId(source: PlanSource, value: unknown, findings: Finding[]): unknown {
  if (!isPlainMap(value) || !Object.hasOwn(value, 'id')) return value;
  findings.push(misplaced(source, ['metadata', 'id']));
  const { id: _id, ...rest } = value;
  return rest;
}

function misplaced(source: PlanSource, at: PlanPath): Finding {
  return findingIn(source, {
    id: 'misplaced-key',
    severity: 'error',
    at,
    onKey: true,
    message: `${at.join('.')} has no place in an included file`,
    suggestion: 'only the file that includes the others has it; remove it here',
  });
}

function definedTwice(source: PlanSource, at: PlanPath, first: LocalPath): Finding {
  const name = String(at.at(-1)).slice(0, 60);
  const words = {
    message: `"${name}" is in two files of the plan`,
    suggestion: 'keep one of them, or give the second another name',
  };
  const finding = { id: 'defined-twice', severity: 'error', at, onKey: true, ...words } as const;
  return findingIn(source, finding, { ...first, message: 'the first one is here' });
}

function localPathOf(
  blocks: ReadonlyMap<string, Block>,
  path: PlanPath,
  main: PlanSource | undefined,
): LocalPath {
  const [key, entry, ...rest] = path;
  const block = key === undefined ? undefined : blocks.get(String(key));
  const source = block?.first ?? main;
  if (source === undefined) throw new RangeError('a plan has a main file');
  if (block === undefined || key === undefined || entry === undefined) return { source, path };
  const part = block.parts.find(({ start, end }) => Number(entry) >= start && Number(entry) < end);
  if (part !== undefined) return { source: part.source, path: [key, Number(entry) - part.start, ...rest] };
  return { source: block.names.get(String(entry)) ?? source, path };
}

function composedPathOf(
  blocks: ReadonlyMap<string, Block>,
  { source, path }: LocalPath,
): PlanPath | undefined {
  const [key, entry, ...rest] = path;
  const block = key === undefined ? undefined : blocks.get(String(key));
  if (block === undefined || key === undefined || entry === undefined)
    return block === undefined || block.first === source ? path : undefined;
  const part = block.parts.find((each) => each.source === source);
  if (part !== undefined) return [key, part.start + Number(entry), ...rest];
  return (block.names.get(String(entry)) ?? block.first) === source ? path : undefined;
}
