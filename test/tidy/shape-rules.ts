/** Rules about the shape of a file. */
import { closing } from './find-imports.ts';
import { type Finding, type Rule, type SourceFile, targetOf } from './project.ts';
import { lineAt } from './scan-source.ts';

const fileLinesMax = 500;
const functionLinesMax = 70;

/** Path, or `path#function`, to the reason why it may be longer. */
export const sizeExceptions: Readonly<Record<string, string>> = {};

export const filesAreShort: Rule = {
  name: `a file has at most ${fileLinesMax} lines`,
  why: 'one idea a file: what does not fit on a few screens holds more than one. An exception needs its reason in test/tidy/shape-rules.ts.',
  check: ({ sources }) =>
    sources.flatMap((file) => {
      const lines = file.text.trimEnd().split('\n').length;
      if (lines <= fileLinesMax || sizeExceptions[file.path] !== undefined) return [];
      return [{ path: file.path, line: fileLinesMax + 1, message: `${lines} lines` }];
    }),
};

export const functionsAreShort: Rule = {
  name: `a function has at most ${functionLinesMax} lines`,
  why: 'branch in the parent, compute in the leaf. An exception needs its reason in test/tidy/shape-rules.ts.',
  check: ({ sources }) =>
    sources.flatMap((file) =>
      functionsOf(file)
        .filter((found) => found.lines > functionLinesMax && !groupsTests(found.name))
        .filter((found) => sizeExceptions[`${file.path}#${found.name}`] === undefined)
        .map((found) => ({
          path: file.path,
          line: found.line,
          message: `${found.name} has ${found.lines} lines`,
        })),
    ),
};

export const noDefaultExports: Rule = {
  name: 'no default exports',
  why: 'a name that is given where a thing is made is the same everywhere and can be searched for.',
  check: ({ sources }) =>
    matches(sources, /(?<![\w$.])export\s+default\b|\bas\s+default\b/g, 'a default export'),
};

export const noBarrels: Rule = {
  name: 'no barrels and no export *',
  why: 'import from the file that defines a thing: barrels hide where it lives and make cycles.',
  check: ({ sources }) => [
    ...matches(sources, /(?<![\w$.])export\s+(?:type\s+)?\*/g, 'export *'),
    ...sources
      .filter((file) => /(?:^|\/)index\.tsx?$/.test(file.path) || onlyReExports(file))
      .map((file) => ({
        path: file.path,
        line: 1,
        message: 'a file that only passes on what others define',
      })),
  ],
};

export const importsResolve: Rule = {
  name: 'imports of our files end in .ts and exist',
  why: 'the program runs from its source, where nobody guesses extensions.',
  check: ({ sources }) => {
    const known = new Set(sources.map((file) => file.path));
    return sources.flatMap((file) =>
      file.imports
        .filter((reference) => missing(known, targetOf(file, reference)))
        .map((reference) => ({
          path: file.path,
          line: reference.line,
          message: `no such file: ${reference.specifier}`,
        })),
    );
  },
};

export interface FoundFunction {
  readonly name: string;
  readonly line: number;
  readonly lines: number;
}

/** Functions, methods and arrow functions with a body in braces; `lines` counts from the name to the brace. */
export function functionsOf(file: SourceFile): readonly FoundFunction[] {
  return [...headed(file), ...arrows(file)];
}

const notNames = /^(?:if|for|while|switch|catch|with|return|await|typeof|new|super|import|function)$/;

/** `function name(…)`, `function (…)`, and methods `name(…)`, each followed by a body. */
function headed(file: SourceFile): FoundFunction[] {
  const { code } = file.scan;
  return [...code.matchAll(/(?<![\w$.])(?:function\s*\*?\s*)?([\w$#]*)\s*(?:<[^();]*>)?\(/g)].flatMap(
    (match) => {
      const name = match[1] ?? '';
      const isFunction = match[0].startsWith('function');
      if (!isFunction && (name === '' || notNames.test(name))) return [];
      const body = bodyAfter(code, closing(code, match.index + match[0].length - 1) + 1);
      return body === undefined ? [] : [measured(file, name === '' ? 'function' : name, match.index, body)];
    },
  );
}

function arrows(file: SourceFile): FoundFunction[] {
  const { code } = file.scan;
  return [...code.matchAll(/=>\s*\{/g)].map((match) => {
    const before = code.slice(Math.max(0, match.index - 300), match.index);
    const name =
      /(?:\b(?:const|let)\s+([\w$]+)|([\w$.]+)\s*\(\s*(?:['"`]\s*['"`]\s*,\s*)?(?:\{[^{}]*\}\s*,\s*)?|([\w$]+)\s*[:=]\s*)(?:async\s*)?(?:\([^()]*\)|[\w$]+)?[^;{}()]*$/.exec(
        before,
      );
    return measured(
      file,
      name?.[1] ?? name?.[2] ?? name?.[3] ?? 'arrow',
      match.index,
      match.index + match[0].length - 1,
    );
  });
}

/** The offset of the brace that opens a function's body, past a return type; undefined when there is no body. */
function bodyAfter(code: string, from: number): number | undefined {
  const typed = /^\s*:/.test(code.slice(from, from + 200));
  for (let at = from; at < code.length; at += 1) {
    const char = code[at] ?? '';
    if (char === '{' && !/[:|&<,([]\s*$|=>\s*$/.test(code.slice(Math.max(from, at - 80), at))) return at;
    if ('{([<'.includes(char) && char !== '<') at = closing(code, at);
    else if (/[;})\]]/.test(char) || (char === '=' && code[at + 1] !== '>')) return undefined;
    else if (!typed && !/\s/.test(char)) return undefined;
  }
  return undefined;
}

function measured(file: SourceFile, name: string, start: number, brace: number): FoundFunction {
  const line = lineAt(file.text, start);
  return { name, line, lines: lineAt(file.text, closing(file.scan.code, brace)) - line + 1 };
}

/** `describe` holds tests the way a file holds functions. */
function groupsTests(name: string): boolean {
  return name === 'describe' || name === 'suite';
}

function onlyReExports(file: SourceFile): boolean {
  const rest = file.scan.code.replace(/(?<![\w$.])(?:import|export)\b[^;]*?\bfrom\s*['"]\s*['"]\s*;?/g, '');
  return rest.trim() === '' && /\bexport\b/.test(file.scan.code);
}

function missing(known: ReadonlySet<string>, target: string | undefined): boolean {
  return target !== undefined && !known.has(target) && !/\.(?:json|wasm|ya?ml|sql)$|\/$/.test(target);
}

function matches(sources: readonly SourceFile[], pattern: RegExp, message: string): Finding[] {
  return sources.flatMap((file) =>
    [...file.scan.code.matchAll(pattern)].map((match) => ({
      path: file.path,
      line: lineAt(file.text, match.index),
      message,
    })),
  );
}
