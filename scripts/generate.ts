/**
 * `npm run generate`: writes the files that are made from the code (`scripts/generate/documents.ts`).
 * --check writes nothing, names what is stale and then exits with 1.
 */
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { documents, type GeneratedDocument } from './generate/documents.ts';

const root = path.resolve(import.meta.dirname, '..');

if (import.meta.main) process.exitCode = main();

function main(): number {
  const { values } = parseArgs({ options: { check: { type: 'boolean' } } });
  const stale = staleDocuments();
  for (const document of stale) {
    if (values.check) process.stdout.write(`stale: ${document.path}; run "npm run generate"\n`);
    else write(document);
  }
  return values.check && stale.length > 0 ? 1 : 0;
}

/** Documents that differ from what the code says now, or are not there. */
export function staleDocuments(): readonly GeneratedDocument[] {
  return documents.filter((document) => current(document.path) !== document.make());
}

function current(file: string): string | undefined {
  const full = path.join(root, file);
  return fs.existsSync(full) ? fs.readFileSync(full, 'utf8') : undefined;
}

function write(document: GeneratedDocument): void {
  const full = path.join(root, document.path);
  fs.mkdirSync(path.dirname(full), { recursive: true });
  fs.writeFileSync(full, document.make());
  process.stdout.write(`written: ${document.path}\n`);
}
