/**
 * Changes the text of a plan and leaves everything else as it is: comments, blank lines, the order of keys, quotes.
 *
 * An edit becomes a change of a few characters where that is possible, else the YAML library writes the document anew.
 * Either way the result is read again and held against what the edits make of the data; what differs is refused.
 */
import { isDeepStrictEqual } from 'node:util';
import { type Document, parseDocument } from 'yaml';
import { editData, unshared } from './edit-plan-data.ts';
import { type Splice, spliceOf } from './edit-plan-splice.ts';
import type { PlanEdit } from './plan-edit.ts';
import { formatPlanPath, isWithin, type PlanPath } from './plan-path.ts';
import { plainData, readYaml } from './read-yaml.ts';

export type EditedPlan = { readonly text: string } | { readonly problem: string };

/**
 * Applies the edits one after the other. All or nothing: `problem` says, in words without a value of the plan, why
 * one of them cannot be done. An edit that changes no value changes no byte. Never throws.
 */
export function editPlan(text: string, edits: readonly PlanEdit[]): EditedPlan {
  let current = read(text);
  let pending = edits;
  while (pending.length > 0) {
    if ('problem' in current) return current;
    const batch = nextBatch(current, pending);
    if ('problem' in batch) return batch;
    current = checked(batch, current);
    pending = pending.slice(batch.count);
  }
  return 'problem' in current ? current : { text: current.text };
}

/** The splice of one edit, for those who show it without applying it; nothing when it changes nothing or more. */
export function planEditSplicer(text: string): (edit: PlanEdit) => Splice | undefined {
  const state = read(text);
  return (edit) => {
    if ('problem' in state) return undefined;
    const edited = editData(state.data, edit);
    if ('problem' in edited || isDeepStrictEqual(edited.value, state.data)) return undefined;
    return spliceOf(state.document, state.text, edit);
  };
}

interface ReadPlan {
  readonly text: string;
  readonly document: Document.Parsed;
  readonly data: unknown;
}

type Problem = { readonly problem: string };

function read(text: string): ReadPlan | Problem {
  const found = readYaml(text);
  const data = found.problems.length > 0 ? undefined : plainData(found);
  if (found.document === undefined || data === undefined || 'problem' in data)
    return { problem: 'the file cannot be read as YAML' };
  return { text, document: found.document, data: unshared(data.value) };
}

interface Batch {
  readonly text: string;
  /** What the new text must mean. */
  readonly expected: unknown;
  /** So many edits are in it. */
  readonly count: number;
  /** The last one that changes something. */
  readonly last: PlanEdit | undefined;
}

/** As many edits as touch different places of the text, so that it need not be read again after each. */
function nextBatch(state: ReadPlan, edits: readonly PlanEdit[]): Batch | Problem {
  const done: { readonly scope: PlanPath; readonly splice: Splice }[] = [];
  let expected = state.data;
  let last: PlanEdit | undefined;
  let count = 0;
  for (const edit of edits) {
    const edited = editData(expected, edit);
    if ('problem' in edited) return edited;
    const scope = scopeOf(edit);
    if (done.some((other) => isWithin(other.scope, scope) || isWithin(scope, other.scope))) break;
    if (!isDeepStrictEqual(edited.value, expected)) {
      const splice = spliceOf(state.document, state.text, edit);
      if (splice === undefined && done.length === 0) return rewritten(state, edit, edited.value, count + 1);
      if (splice === undefined || done.some((other) => touches(other.splice, splice))) break;
      done.push({ scope, splice });
      last = edit;
    }
    expected = edited.value;
    count += 1;
  }
  const text = spliced(
    state.text,
    done.map(({ splice }) => splice),
  );
  return { text, expected, count, last };
}

/** What lies in it may have moved, or have another name, after the edit. */
function scopeOf({ kind, at }: PlanEdit): PlanPath {
  return kind === 'remove' || kind === 'rename' ? at.slice(0, -1) : at;
}

function touches(left: Splice, right: Splice): boolean {
  return left.from <= right.to && right.from <= left.to;
}

function spliced(text: string, splices: readonly Splice[]): string {
  let result = '';
  let at = 0;
  for (const splice of splices.toSorted((left, right) => left.from - right.from)) {
    result += text.slice(at, splice.from) + splice.text;
    at = splice.to;
  }
  return result + text.slice(at);
}

/** By the YAML library: keeps comments, but may lay out the lines around them anew. */
function rewritten({ text }: ReadPlan, edit: PlanEdit, expected: unknown, count: number): Batch | Problem {
  try {
    const document = parseDocument(text, { version: '1.2', uniqueKeys: false, logLevel: 'silent' });
    const at = [...edit.at];
    if (edit.kind === 'set') document.setIn(at, document.createNode(edit.value));
    else if (edit.kind === 'remove') document.deleteIn(at);
    else if (edit.kind === 'append' && document.hasIn(at))
      document.addIn(at, document.createNode(edit.value));
    else return refused(edit);
    return { text: document.toString({ lineWidth: 0 }), expected, count, last: edit };
  } catch {
    // the library raises when the path leads through an alias; nothing is changed then
    return refused(edit);
  }
}

function checked({ text, expected, last }: Batch, before: ReadPlan): ReadPlan | Problem {
  if (last === undefined) return before;
  const result = read(text);
  return 'problem' in result || !isDeepStrictEqual(result.data, expected) ? refused(last) : result;
}

function refused({ at }: PlanEdit): Problem {
  return { problem: `${formatPlanPath(at)} cannot be changed without changing something else` };
}
