/** Rules about documents that people write by hand. */
import type { TextFile } from './house-rules.ts';
import type { Finding } from './project.ts';

const fragment = /^(?:added|changed|fixed|removed|security): [A-Z].*\.\n(?:\n[\s\S]+)?$/;
const headings = ['## Problem', '## Decision', '## Why', '## Cost'];

/** Changelog fragments: `kind: Sentence.`, as CONTRIBUTING.md says. */
export function badFragments(files: readonly TextFile[]): Finding[] {
  return files
    .filter((file) => !/^changelog\.d\/[a-z0-9-]+\.md$/.test(file.path) || !fragment.test(file.text))
    .map((file) => ({
      path: file.path,
      line: 1,
      message: 'is not "kind: Sentence." in a file named slug.md',
    }));
}

/** Decision records: numbered without gaps, with the headings that CONTRIBUTING.md names. */
export function badDecisions(files: readonly TextFile[]): Finding[] {
  return files.flatMap((file, index) => {
    const number = String(index + 1).padStart(4, '0');
    const name = new RegExp(`^docs/decisions/${number}-[a-z0-9-]+\\.md$`);
    const lines = file.text.split('\n');
    const missing = headings.filter((heading) => !lines.includes(heading));
    const problems = [
      ...(name.test(file.path) ? [] : [`is not named ${number}-slug.md`]),
      ...(lines[0]?.startsWith(`# ${number}. `) ? [] : [`does not begin with "# ${number}. "`]),
      ...missing.map((heading) => `has no "${heading}"`),
    ];
    return problems.map((message) => ({ path: file.path, line: 1, message }));
  });
}

/** Names that a document must mention in code quotes and does not. */
export function unmentioned(document: TextFile, names: readonly string[]): Finding[] {
  return names
    .filter((name) => !document.text.includes(`\`${name}\``))
    .map((name) => ({ path: document.path, line: 1, message: `does not mention \`${name}\`` }));
}
