/** Rules about what code may touch. */
import { type Finding, isShipped, type Rule, type SourceFile } from './project.ts';
import { roomOf } from './rooms.ts';
import { lineAt } from './scan-source.ts';

interface Touch {
  readonly pattern: RegExp;
  readonly what: string;
}

/** Rule 8, and the same powers under their other names. */
const platformOnly: readonly Touch[] = [
  { pattern: /\bDate\s*\.\s*now\b/g, what: 'Date.now reads the clock' },
  { pattern: /\bnew\s+Date\s*(?:\(\s*\)|(?=[;,)\]}\n.]))/g, what: 'new Date() reads the clock' },
  { pattern: /(?<!new\s+)(?<![\w$.])Date\s*\(/g, what: 'Date() reads the clock' },
  { pattern: /\bTemporal\s*\.\s*Now\b/g, what: 'Temporal.Now reads the clock' },
  { pattern: /\bMath\s*\.\s*random\b/g, what: 'Math.random is randomness' },
  { pattern: /\b(?:web)?crypto\s*\.\s*(?:random\w+|getRandomValues)\b/g, what: 'randomness' },
  { pattern: /\bprocess\s*\.\s*env\b/g, what: 'process.env is the environment' },
  { pattern: /(?<![\w$.])(?:setTimeout|setInterval|setImmediate)\b/g, what: 'a timer' },
  { pattern: /\bAbortSignal\s*\.\s*timeout\b/g, what: 'AbortSignal.timeout is a timer' },
];

const platformModules = /^(?:node:)?(?:child_process|timers(?:\/promises)?|cluster)$/;

/** Built-ins that a pure room may use; everything else of Node does I/O or reads the machine. */
const pureModules: Readonly<Record<string, string>> = {
  'node:crypto': 'hashing is a pure function; randomness is caught by rule 8',
  'node:buffer': 'bytes in memory',
  'node:path': 'paths as text; posix and win32 only, the plain functions ask for the working folder',
  'node:util': 'formatting and comparing values',
};

const impure: readonly Touch[] = [
  { pattern: /(?<![\w$.])(?:globalThis\s*\.\s*)?process\b(?!\s*[:?=(])/g, what: 'process is the machine' },
  { pattern: /(?<![\w$.])fetch\s*\(/g, what: 'fetch is the network' },
  { pattern: /(?<![\w$.])(?:console|performance)\s*\./g, what: 'console and performance are the machine' },
  {
    pattern: /(?<![\w$.])(?:queueMicrotask|Worker|WebSocket|BroadcastChannel)\s*\(/g,
    what: 'work outside this call',
  },
  {
    pattern: /\bIntl\s*\.\s*DateTimeFormat\s*\(\s*\)/g,
    what: 'Intl.DateTimeFormat() reads the zone of the machine',
  },
];

export const onlyPlatformTouchesTheMachine: Rule = {
  name: 'clock, randomness, environment, timers and child processes only in src/platform',
  why: 'what is passed in can be set by a test and replayed from a seed; what is grabbed cannot.',
  check: ({ sources }) =>
    sources
      .filter((file) => isShipped(file) && !file.path.startsWith('src/platform/'))
      .flatMap((file) => [
        ...touches(file, platformOnly),
        ...modules(file, (name) => platformModules.test(name)),
        ...randomNames(file),
      ]),
};

export const layerOneIsPure: Rule = {
  name: 'layer 1 is pure',
  why: 'plans, objectives and schedules decide whether data is safe; they must give the same answer to the same question, at any time, anywhere.',
  check: ({ sources }) =>
    sources
      .filter((file) => isShipped(file) && roomOf(file.path)?.layer === 1)
      .flatMap((file) => [
        ...touches(file, [...platformOnly, ...impure]),
        ...randomNames(file),
        ...modules(file, (name) => name.startsWith('node:') && pureModules[name] === undefined),
      ]),
};

function touches(file: SourceFile, list: readonly Touch[]): Finding[] {
  return list.flatMap(({ pattern, what }) =>
    [...file.scan.code.matchAll(pattern)].map((match) => ({
      path: file.path,
      line: lineAt(file.text, match.index),
      message: what,
    })),
  );
}

/** `import { randomBytes } from 'node:crypto'`; the same name from src/platform is what it should be. */
function randomNames(file: SourceFile): Finding[] {
  return file.imports
    .filter(({ specifier }) => specifier === 'node:crypto' || specifier === 'crypto')
    .filter(({ names }) => /\b(?:random\w+|getRandomValues|webcrypto)\b/.test(names))
    .map(({ line }) => ({ path: file.path, line, message: 'imports randomness' }));
}

function modules(file: SourceFile, forbidden: (name: string) => boolean): Finding[] {
  return file.imports
    .filter((reference) => !reference.typeOnly && forbidden(reference.specifier ?? ''))
    .map((reference) => ({
      path: file.path,
      line: reference.line,
      message: `imports ${reference.specifier}`,
    }));
}
