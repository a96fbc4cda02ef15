import { lineAt, type Scan } from './scan-source.ts';

/**
 * A reference from one module to another. `file`: an address made by `new URL(…, import.meta.url)` or
 * `siblingModule(…)`, which is how worker entries and WebAssembly are found. `specifier` is undefined where
 * it is not written as a plain string and so cannot be read from the source.
 */
export interface Import {
  readonly kind: 'static' | 'dynamic' | 'file';
  readonly specifier: string | undefined;
  readonly typeOnly: boolean;
  /** The names of a static import, as written: `{ a, type B }`. */
  readonly names: string;
  readonly line: number;
}

export function findImports(scan: Scan): readonly Import[] {
  return [...staticImports(scan), ...dynamicImports(scan), ...fileReferences(scan)].sort(
    (a, b) => a.line - b.line,
  );
}

function staticImports(scan: Scan): Import[] {
  const found: Import[] = [];
  const statement =
    /(?<![\w$.])(?:import|export)(?=[\s{*'"])([^;'"()]*?)(?:\bfrom\s*|(?<=import)\s*)(?=['"])/g;
  for (const match of scan.code.matchAll(statement)) {
    const quoteAt = match.index + match[0].length;
    const clause = match[1] ?? '';
    found.push({
      kind: 'static',
      specifier: stringAt(scan, quoteAt),
      typeOnly: /^\s*type\b/.test(clause) || onlyTypeNames(clause),
      names: clause.trim(),
      line: lineAt(scan.code, match.index),
    });
  }
  return found;
}

/** `{ type A, type B }` */
function onlyTypeNames(clause: string): boolean {
  const names = /^\s*\{([^}]*)\}\s*$/.exec(clause)?.[1];
  const list = names?.split(',').filter((name) => name.trim() !== '') ?? [];
  return list.length > 0 && list.every((name) => /^\s*type\s/.test(name));
}

function dynamicImports(scan: Scan): Import[] {
  return [...scan.code.matchAll(/(?<![\w$.])import\s*\(\s*/g)].map((match) => ({
    kind: 'dynamic' as const,
    specifier: stringAt(scan, match.index + match[0].length),
    typeOnly:
      /[:|&<,=[(]\s*$|\b(?:typeof|readonly|keyof|extends)\s+$/.test(scan.code.slice(0, match.index)) &&
      /^['"]\s*['"]\s*\)\s*\.\s*[A-Z]/.test(scan.code.slice(match.index + match[0].length)),
    names: '',
    line: lineAt(scan.code, match.index),
  }));
}

function fileReferences(scan: Scan): Import[] {
  const found: Import[] = [];
  for (const match of scan.code.matchAll(/\b(?:new\s+URL|(?<!function\s+)siblingModule)\s*\(/g)) {
    const start = match.index + match[0].length;
    const end = closing(scan.code, start - 1);
    const isOurs =
      match[0].includes('siblingModule') || scan.code.slice(start, end).includes('import.meta.url');
    if (!isOurs) continue;
    const literal = scan.strings.find((text) => text.start >= start && text.start < end && !text.computed);
    found.push({
      kind: 'file',
      specifier: literal?.value,
      typeOnly: false,
      names: '',
      line: lineAt(scan.code, match.index),
    });
  }
  return found;
}

function stringAt(scan: Scan, offset: number): string | undefined {
  const found = scan.strings.find((text) => text.start === offset);
  return found === undefined || found.computed ? undefined : found.value;
}

/** Offset of the bracket that closes the one at `open`; the end of the text when there is none. */
export function closing(code: string, open: number): number {
  let depth = 0;
  for (let at = open; at < code.length; at += 1) {
    if ('([{'.includes(code[at] ?? ' ')) depth += 1;
    else if (')]}'.includes(code[at] ?? ' ')) depth -= 1;
    if (depth === 0) return at;
  }
  return code.length;
}
