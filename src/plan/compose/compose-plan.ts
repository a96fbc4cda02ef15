/**
 * One plan of its files, its profile and its variables, in this order: the files are merged, the profile is laid over,
 * then references to variables are replaced. The result is plain data for the schema, and the way back from each of
 * its paths to a place in a file.
 */
import { type Finding, type Locate, placeFinding } from '../finding.ts';
import type { PlanFile } from '../plan-file.ts';
import type { PlanPath } from '../plan-path.ts';
import { placeTextFinding } from '../plan-text.ts';
import { walkYaml } from '../walk-yaml.ts';
import { type AppliedProfile, applyProfile, type Overlay, overlayReach } from './apply-profile.ts';
import { gatherSources } from './gather-sources.ts';
import type { IncludedTexts } from './included-text.ts';
import { type MergedSources, mergeSources } from './merge-sources.ts';
import { isPlainMap, type LocalPath, type PlanSource } from './plan-source.ts';
import { type Substituted, substitute } from './substitute.ts';

export interface Composition {
  /** All that were read, the main one first. */
  readonly files: readonly PlanFile[];
  /** Without a value nothing is known of the plan as a whole, and only the findings count. */
  readonly composed?: Composed;
  readonly findings: readonly Finding[];
  readonly locate: Locate;
}

export interface Composed {
  readonly value: unknown;
  /** Gaps that somebody still has to fill, where they count. */
  readonly placeholders: readonly PlanPath[];
  /** Values that are wrong because of something that is reported elsewhere. */
  readonly unresolved: readonly PlanPath[];
  /** The variable that a value comes from. */
  variableAt(path: PlanPath): string | undefined;
}

export function composePlan(
  main: PlanSource,
  texts: IncludedTexts,
  profile: string | undefined,
): Composition {
  // the schema tells what is wrong with it
  if (!isPlainMap(main.value) && profile === undefined) return plainComposition(main);
  const { sources, files, findings } = gatherSources(main, texts);
  if (findings.length > 0) return { files, findings, locate: main.locate };
  const merged = mergeSources(sources);
  const applied = applyProfile(merged, profile);
  if ('unknown' in applied) return { files, findings: [applied.unknown], locate: main.locate };
  const locate = locateIn(merged, applied.overlay);
  const walked = walkSources(sources, merged, applied);
  const known = [...merged.findings, ...applied.findings, ...walked.duplicates];
  const needsVariables = 'variables' in applied.value || sources.some(({ text }) => text.includes('${var:'));
  const substituted = needsVariables ? substitute(applied.value, merged.value) : undefined;
  return {
    files,
    findings: [...known, ...variableFindings(substituted, merged, applied, locate)],
    locate,
    composed: {
      value: substituted?.value ?? applied.value,
      placeholders: walked.placeholders,
      unresolved: substituted?.unresolved ?? [],
      variableAt: (path) => substituted?.uses.get(JSON.stringify(path)),
    },
  };
}

function plainComposition(main: PlanSource): Composition {
  const { duplicates, placeholders } = walkYaml(main.read);
  return {
    files: [{ fileName: main.fileName, text: main.text }],
    findings: duplicates.map((each) => placeTextFinding(each, main.read, main.text)),
    locate: main.locate,
    composed: { value: main.value, placeholders, unresolved: [], variableAt: () => undefined },
  };
}

interface Walked {
  readonly duplicates: readonly Finding[];
  readonly placeholders: readonly PlanPath[];
}

/** Placeholders count where their value is in force: not in profiles that are not used, nor below one that is. */
function walkSources(
  sources: readonly PlanSource[],
  merged: MergedSources,
  { overlay }: AppliedProfile,
): Walked {
  const duplicates: Finding[] = [];
  const placeholders: PlanPath[] = [];
  for (const source of sources) {
    const walked = walkYaml(source.read);
    duplicates.push(
      ...walked.duplicates.map((each) => placeTextFinding(each, source.read, source.text, source.file)),
    );
    for (const path of walked.placeholders) {
      const composed = composedPathOf({ source, path }, merged, overlay);
      if (composed !== undefined) placeholders.push(composed);
    }
  }
  return { duplicates, placeholders };
}

function composedPathOf(
  local: LocalPath,
  merged: MergedSources,
  overlay: Overlay | undefined,
): PlanPath | undefined {
  const [block, name, ...rest] = local.path;
  if (block !== 'profiles') {
    const path = merged.composedPath(local);
    return path === undefined || isOverlaid(path, merged, overlay) ? undefined : path;
  }
  return overlay !== undefined &&
    local.source === overlay.at.source &&
    name === overlay.name &&
    rest.length > 0
    ? rest
    : undefined;
}

/** What stands in a profile comes from there; a map that both have is the plan's. */
function isOverlaid(path: PlanPath, merged: MergedSources, overlay: Overlay | undefined): boolean {
  if (overlay === undefined) return false;
  const { decides, depth } = overlayReach(overlay.value, path);
  return (decides && depth > 0) || depth > overlayReach(merged.value, path).depth;
}

function locateIn(merged: MergedSources, overlay: Overlay | undefined): Locate {
  return (path, onKey) => {
    if (overlay !== undefined && isOverlaid(path, merged, overlay)) {
      const { source, path: around } = overlay.at;
      return source.locate([...around, ...path], onKey);
    }
    const local = merged.localPath(path);
    return local.source.locate(local.path, onKey);
  };
}

function variableFindings(
  substituted: Substituted | undefined,
  merged: MergedSources,
  { overlay }: AppliedProfile,
  locate: Locate,
): readonly Finding[] {
  return (substituted?.findings ?? []).map((finding) => {
    const placed = placeFinding(finding, locate);
    if (finding.id !== 'unknown-variable') return placed;
    const { source } =
      overlay !== undefined && isOverlaid(finding.at, merged, overlay)
        ? overlay.at
        : merged.localPath(finding.at);
    return atReference(placed, source);
  });
}

/** Underlines the reference rather than the whole text around it, where both are on one line. */
function atReference(finding: Finding, { text, read }: PlanSource): Finding {
  const name = /"(.*)"$/.exec(finding.message)?.[1] ?? '';
  const from = (read.lineCounter.lineStarts[finding.line - 1] ?? 0) + finding.column - 1;
  const end = text.indexOf('\n', from);
  const rest = text.slice(from, end === -1 ? undefined : end);
  const reference = new RegExp(`\\$\\{var:[ \\t]*${name.replaceAll('.', '\\.')}[ \\t]*\\}`);
  const found = reference.exec(rest);
  if (found === null) return finding;
  return { ...finding, column: finding.column + found.index, length: found[0].length };
}
