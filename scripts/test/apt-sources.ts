/** Package sources of this machine, rewritten for another suite: the host, the keys and the options stay. */
import fs from 'node:fs';
import path from 'node:path';

export interface SuiteSources {
  readonly fileName: string;
  readonly text: string;
}

export function suiteSources(folder: string, suite: string): SuiteSources | undefined {
  for (const file of sourceFiles(folder)) {
    const text = fs.readFileSync(file, 'utf8');
    const isStanzas = file.endsWith('.sources');
    const rewritten = isStanzas ? rewriteStanzas(text, suite) : rewriteLines(text, suite);
    if (rewritten !== undefined)
      return { fileName: isStanzas ? 'suite.sources' : 'suite.list', text: rewritten };
  }
  return undefined;
}

/** The first stanza (deb822) that serves a whole Debian release. */
export function rewriteStanzas(text: string, suite: string): string | undefined {
  const stanzas = text.split(/\n\s*\n/).map((stanza) => stanza.replaceAll(/^#.*\n?/gm, ''));
  const serving = stanzas.find((stanza) => {
    const field = (name: string) =>
      new RegExp(`^${name}:\\s*(.*)$`, 'im').exec(stanza)?.[1]?.split(/\s+/) ?? [];
    return (
      field('Types').includes('deb') &&
      field('Components').includes('main') &&
      field('Suites').some(isRelease) &&
      !field('Enabled').includes('no') &&
      field('URIs').some(servesDebian)
    );
  });
  return serving
    ?.replace(/^Types:.*$/im, 'Types: deb')
    .replace(/^Suites:.*$/im, `Suites: ${suite}`)
    .replace(/^Components:.*$/im, 'Components: main')
    .concat('\n');
}

/** The first line (`deb [options] address suite main …`) that does. */
export function rewriteLines(text: string, suite: string): string | undefined {
  for (const line of text.split('\n')) {
    const parts = /^deb\s+(\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(.*)$/.exec(line.trim());
    const [, options = '', address = '', release = '', components = ''] = parts ?? [];
    if (parts === null || !isRelease(release) || !servesDebian(address)) continue;
    if (components.split(/\s+/).includes('main')) return `deb ${options}${address} ${suite} main\n`;
  }
  return undefined;
}

function sourceFiles(folder: string): readonly string[] {
  const parts = path.join(folder, 'sources.list.d');
  const names = fs.existsSync(parts) ? fs.readdirSync(parts).sort() : [];
  const files = names
    .filter((name) => /\.(?:list|sources)$/.test(name))
    .map((name) => path.join(parts, name));
  return [path.join(folder, 'sources.list'), ...files].filter((file) => fs.existsSync(file));
}

/** A release by its code name or role; not `bookworm-updates`, `bookworm-security`, `cloud-sdk-bookworm`. */
function isRelease(name: string): boolean {
  return /^(?:bullseye|bookworm|trixie|forky|stable|oldstable|testing)$/.test(name);
}

function servesDebian(address: string): boolean {
  return /\/debian\/?$/.test(address);
}
