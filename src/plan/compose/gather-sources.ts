/** From the main file to all files of a plan, depth first, each once. */
import { posix } from 'node:path';
import type { Finding, TextFinding } from '../finding.ts';
import type { PlanFile } from '../plan-file.ts';
import { placeTextFinding } from '../plan-text.ts';
import { lexemesMax, plainData, planBytesMax, readYaml } from '../read-yaml.ts';
import {
  type IncludedTexts,
  type IncludeProblem,
  includeDepthMax,
  includedFilesMax,
} from './included-text.ts';
import { includedName, includedPaths } from './includes-of.ts';
import { findingIn, isPlainMap, memberOf, type PlanSource, planSource } from './plan-source.ts';

export interface GatheredSources {
  /** The main one first, then in the order of the lines that include them. */
  readonly sources: readonly PlanSource[];
  /** Those of the sources, and those that are no YAML. */
  readonly files: readonly PlanFile[];
  /** What keeps files from being read; then the plan as a whole is not known. */
  readonly findings: readonly Finding[];
}

export function gatherSources(main: PlanSource, texts: IncludedTexts): GatheredSources {
  const name = posix.normalize(main.fileName);
  const gathering: Gathering = {
    texts,
    sources: [main],
    files: [{ fileName: main.fileName, text: main.text }],
    findings: [],
    known: new Set([name]),
    bytesLeft: planBytesMax - Buffer.byteLength(main.text),
    lexemesLeft: lexemesMax - main.read.lexemes,
  };
  follow(gathering, main, [name]);
  return gathering;
}

interface Gathering {
  readonly texts: IncludedTexts;
  readonly sources: PlanSource[];
  readonly files: PlanFile[];
  readonly findings: Finding[];
  /** Names of files that were met, whatever became of them. */
  readonly known: Set<string>;
  bytesLeft: number;
  lexemesLeft: number;
}

/** `chain` is the way from the main file to `from`, both included. */
function follow(gathering: Gathering, from: PlanSource, chain: readonly string[]): void {
  for (const { path, index } of includedPaths(memberOf(from.value, 'include'))) {
    const name = includedName(path, from.fileName);
    const met = meet(gathering, name, chain);
    if (met === undefined) continue;
    if (typeof met !== 'string') {
      gathering.findings.push(findingIn(from, { severity: 'error', at: ['include', index], ...met }));
      continue;
    }
    const source = readIncluded(gathering, name, met);
    if (source !== undefined) follow(gathering, source, [...chain, name]);
  }
}

/** The text of a file, or why it cannot be had; nothing for a file that is in already. */
function meet(gathering: Gathering, name: string, chain: readonly string[]): string | Refusal | undefined {
  if (chain.includes(name)) return cycle([...chain, name]);
  if (gathering.known.has(name)) return undefined;
  gathering.known.add(name);
  const met = gathering.known.size - 1;
  // what follows would be the same finding again and again
  if (met > includedFilesMax) return met === includedFilesMax + 1 ? tooMany : undefined;
  if (chain.length > includeDepthMax) return tooDeep;
  const text = gathering.texts.get(name) ?? { problem: 'missing' };
  if (typeof text !== 'string') return refusal(text.problem, name);
  const bytes = Buffer.byteLength(text);
  if (bytes > gathering.bytesLeft) return refusal('too-large', name);
  gathering.bytesLeft -= bytes;
  return text;
}

function readIncluded(gathering: Gathering, name: string, text: string): PlanSource | undefined {
  gathering.files.push({ fileName: name, text });
  const read = readYaml(text, Math.max(1, gathering.lexemesLeft));
  gathering.lexemesLeft -= read.lexemes;
  const data = read.problems.length > 0 ? undefined : plainData(read);
  const problems = data !== undefined && 'problem' in data ? [data.problem] : read.problems;
  gathering.findings.push(...problems.map((each) => placeTextFinding(ofInclude(each), read, text, name)));
  if (data === undefined || 'problem' in data) return undefined;
  const source = planSource({ fileName: name, text }, read, data.value, false);
  gathering.findings.push(...shapeFindings(source));
  gathering.sources.push(source);
  return source;
}

interface Refusal {
  readonly id: string;
  readonly message: string;
  readonly expected?: string;
  readonly suggestion: string;
}

function cycle(names: readonly string[]): Refusal {
  const circle = names.slice(names.indexOf(names.at(-1) ?? '')).join(' → ');
  return {
    id: 'include-cycle',
    message: `the files include each other in a circle: ${circle}`,
    suggestion: 'take one of these lines out',
  };
}

const tooMany: Refusal = {
  id: 'too-many-includes',
  message: `the plan includes more than ${includedFilesMax} files`,
  suggestion: 'join some of them',
};

const tooDeep: Refusal = {
  id: 'include-too-deep',
  message: `files include files in more than ${includeDepthMax} levels`,
  suggestion: 'include it from the plan itself',
};

function refusal(problem: IncludeProblem, name: string): Refusal {
  return { id: `include-${problem}`, ...problemWords[problem](name) };
}

const problemWords: Readonly<Record<IncludeProblem, (name: string) => Omit<Refusal, 'id'>>> = {
  missing: (name) => ({
    message: `there is no file ${name}`,
    suggestion: 'check the path; it counts from the folder of the file that it stands in',
  }),
  unreadable: (name) => ({
    message: `the file ${name} cannot be read`,
    suggestion: 'check who may read it',
  }),
  'not-a-file': (name) => ({ message: `${name} is not a file`, suggestion: 'name files one by one' }),
  'not-utf8': (name) => ({
    message: `the file ${name} is not text in UTF-8`,
    suggestion: 'save it as UTF-8',
  }),
  'too-large': (name) => ({
    message: `with ${name} the files of the plan are too large`,
    expected: 'at most 2 MiB together',
    suggestion: 'check that this is a part of the plan; data belongs into files that the plan names',
  }),
};

function ofInclude(finding: TextFinding): TextFinding {
  if (finding.id !== 'empty-plan') return finding;
  return {
    ...finding,
    message: 'the included file is empty',
    suggestion: 'write a part of the plan into it, or include it no more',
  };
}

/** The schema sees only the list of the main file. */
function shapeFindings(source: PlanSource): readonly Finding[] {
  const expected = 'a part of a plan: keys such as systems, contacts or vaults';
  if (!isPlainMap(source.value)) {
    const message = 'this is not a map of keys and values';
    return [findingIn(source, { id: 'wrong-type', severity: 'error', at: [], message, expected })];
  }
  const include = memberOf(source.value, 'include');
  if (include === undefined || (Array.isArray(include) && include.every((each) => typeof each === 'string')))
    return [];
  const words = { message: 'this names no files', expected: 'a list of paths, such as [./contacts.yaml]' };
  return [findingIn(source, { id: 'wrong-type', severity: 'error', at: ['include'], ...words })];
}
