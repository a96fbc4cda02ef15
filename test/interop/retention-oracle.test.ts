/**
 * Stock restic is the oracle for what is kept: sets of snapshots with odd times and offsets, written into a
 * repository as they are, judged by `restic forget --dry-run` and by us, with the rules that keep each.
 */
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { openLocalStore } from '../../src/object-store/local/local-store.ts';
import type { KeepCandidate } from '../../src/recovery-point/retention-choice.ts';
import { chooseKept, type KeptBy } from '../../src/recovery-point/retention-choice.ts';
import { type GroupedBy, groupPoints } from '../../src/recovery-point/retention-groups.ts';
import {
  type CalendarSpan,
  parseSpan,
  type RetentionPolicy,
  spanText,
  unlimited,
} from '../../src/recovery-point/retention-policy.ts';
import { readStoredTime } from '../../src/recovery-point/stored-time.ts';
import { openKey } from '../../src/repository/key/open-key.ts';
import type { Snapshot } from '../../src/repository/repository-types.ts';
import { encodeSnapshot } from '../../src/repository/snapshot/snapshot-codec.ts';
import { saveUnpacked } from '../../src/repository/unpacked.ts';
import { type SeededRandom, seededRandom } from '../support/seeded-random.ts';
import { newerRestic, resticMustSucceed, testPassword } from '../support/stock-restic.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { makeVault } from '../support/vault.ts';

const seed = Number(process.env['LIFEBOAT_TEST_SEED'] ?? randomInt(2 ** 31));
const hosts = 40;
const policiesMax = 30;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

const program = newerRestic();
const missing = program === undefined ? 'needs restic 0.18, see LIFEBOAT_TEST_RESTIC_NEW' : false;

type Candidate = KeepCandidate & Pick<Snapshot, 'hostname' | 'paths' | 'tags'> & { readonly id: string };

test('what is kept, and by which rules, is what restic keeps', { skip: missing }, async (t) => {
  t.diagnostic(`seed ${seed}`);
  using folder = temporaryFolder();
  await using _vault = await makeVault(folder.path);
  const random = seededRandom(seed);
  const points = await writeSnapshots(folder.path, random);
  const nowMs = Date.now();
  let cases = 0;
  for (let turn = 0; turn < policiesMax; turn++) {
    const policy = somePolicy(random);
    const by = someGrouping(random);
    const words = wordsOf(policy, by);
    const byRestic = groupsOfRestic(
      await resticMustSucceed(
        { repository: folder.path, ...(program === undefined ? {} : { program }) },
        'forget',
        '--dry-run',
        '--no-lock',
        '--json',
        '--unsafe-allow-remove-all',
        ...words,
      ),
    );
    const byUs = new Map<string, string>();
    for (const group of groupPoints(points, by)) {
      cases += 1;
      for (const { point, kept, keptBy, reasons } of chooseKept(group.points, policy, nowMs)) {
        assert.ok(reasons.length > 0 && reasons.every((reason) => reason !== ''), 'every decision says why');
        byUs.set(point.id, kept ? keptBy.map((each) => resticWords(each, policy)).join('; ') : 'dropped');
      }
    }
    assert.equal(byRestic.size, points.length, 'restic judged every snapshot');
    const different = [...byRestic].filter(([id, verdict]) => byUs.get(id) !== verdict);
    const [example] = different.map(([id, verdict]) => {
      const point = points.find((each) => each.id === id);
      return `${point?.hostname} ${point?.time.atNs}: restic ${verdict}, we ${byUs.get(id)}`;
    });
    assert.equal(
      different.length,
      0,
      `seed ${seed}, ${words.join(' ')}: ${different.length}, such as ${example}`,
    );
  }
  t.diagnostic(`${cases} groups of points, ${points.length} points, ${policiesMax} policies`);
  assert.ok(cases >= 300);
});

async function writeSnapshots(path: string, random: SeededRandom): Promise<readonly Candidate[]> {
  await using store = openLocalStore(path);
  const { masterKey } = await openKey(store, testPassword);
  const access = { store, key: masterKey, version: 2 } as const;
  const points: Candidate[] = [];
  const taken = new Set<bigint>();
  for (let host = 0; host < hosts; host++) {
    for (const text of someTimes(random)) {
      const time = readStoredTime(text);
      assert.ok(time !== undefined, text);
      // restic leaves open which of two snapshots of one moment comes first
      if (taken.has(time.atNs)) continue;
      taken.add(time.atNs);
      const tags = ['a', 'b', 'c'].filter(() => random.below(3) === 0);
      const fields = {
        time: text,
        tree: '0'.repeat(64),
        paths: random.below(4) === 0 ? ['/srv', '/etc'] : ['/etc', '/srv'],
        hostname: `host-${host}`,
        ...(tags.length === 0 ? {} : { tags }),
      };
      const id = await saveUnpacked(access, 'snapshot', encodeSnapshot(fields));
      points.push({ id, ...fields, ...(tags.length === 0 ? {} : { tags }), time });
    }
  }
  return points;
}

/** Bursts, regular series, ends of years and of months, leap days, the future; each at some offset. */
function someTimes(random: SeededRandom): readonly string[] {
  const stepMs = random.pick([minuteMs, 20 * minuteMs, hourMs, 7 * hourMs, dayMs, 6 * dayMs, 29 * dayMs]);
  const startMs = random.pick([
    Date.UTC(2024, 11, 30, 22),
    Date.UTC(2020, 11, 28),
    Date.UTC(2024, 1, 28, 23, 30),
    Date.UTC(2025, 2, 31),
    Date.UTC(1999, 11, 31, 12),
    Date.now() - 20 * dayMs,
    Date.now() + 3 * dayMs,
  ]);
  const offsets = random.pick([[0], [60, 120], [-720, 840], [330, -210, 0], [-60, 0, 60]]);
  const count = random.pick([1, 2, 5, 12, 40]);
  return Array.from({ length: count }, (_, position) => {
    const jitterMs = random.below(3) === 0 ? random.below(2 * stepMs) : 0;
    const ms = startMs + position * stepMs * (random.below(8) === 0 ? 3 : 1) + jitterMs;
    return timeText(ms, random.pick(offsets), random.below(2) === 0 ? random.below(1_000_000_000) : 0);
  });
}

function timeText(ms: number, offsetMinutes: number, ns: number): string {
  const seconds = Math.floor(ms / 1000) * 1000;
  const wall = new Date(seconds + offsetMinutes * minuteMs).toISOString().slice(0, 19);
  const fraction = ns === 0 ? '' : `.${String(ns).padStart(9, '0')}`.replace(/0+$/, '');
  if (offsetMinutes === 0) return `${wall}${fraction}Z`;
  const size = Math.abs(offsetMinutes);
  const two = (value: number) => String(value).padStart(2, '0');
  const sign = offsetMinutes < 0 ? '-' : '+';
  return `${wall}${fraction}${sign}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

const rules = ['last', 'hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;
const spans = ['1h', '23h', '1d', '7d', '1m', '1m1d', '11m29d', '1y', '1y2m3d4h', '30y'];

function somePolicy(random: SeededRandom): RetentionPolicy {
  const someSpan = (): CalendarSpan => {
    const span = parseSpan(random.pick(spans));
    assert.ok(span !== undefined);
    return span;
  };
  const chosen = <Rule>(among: readonly Rule[], oneIn: number) =>
    among.filter(() => random.below(oneIn) === 0);
  const counts = chosen(rules, 3).map((rule) => [rule, random.pick([1, 2, 3, 7, 12, 500, unlimited])]);
  const each = chosen(rules.slice(1), 5).map((rule) => [rule, someSpan()]);
  const tags = random.below(5) === 0 ? [random.pick([['a'], ['a', 'b'], ['z']])] : [];
  const policy: RetentionPolicy = {
    counts: Object.fromEntries(counts),
    withinEach: Object.fromEntries(each),
    tags,
    ...(random.below(5) === 0 ? { within: someSpan() } : {}),
  };
  const keepsSome = counts.length + each.length > 0 || policy.within !== undefined;
  // restic refuses to do anything without a rule, and to leave nothing of a group
  return keepsSome ? policy : { ...policy, counts: { last: 2 } };
}

function someGrouping(random: SeededRandom): GroupedBy {
  const some = () => random.below(2) === 0;
  return { host: random.below(5) !== 0, paths: some(), tags: some() };
}

function wordsOf({ counts, within, withinEach = {}, tags = [] }: RetentionPolicy, by: GroupedBy): string[] {
  return [
    ...Object.entries(counts).map(
      ([rule, count]) => `--keep-${rule}=${count === unlimited ? 'unlimited' : count}`,
    ),
    ...Object.entries(withinEach).map(([rule, span]) => `--keep-within-${rule}=${spanText(span)}`),
    ...(within === undefined ? [] : [`--keep-within=${spanText(within)}`]),
    ...tags.map((list) => `--keep-tag=${list.join(',')}`),
    `--group-by=${Object.entries(by)
      .filter(([, used]) => used)
      .map(([name]) => name)
      .join(',')}`,
  ];
}

interface ResticGroup {
  readonly remove: readonly { readonly id: string }[] | null;
  readonly reasons:
    | readonly {
        readonly snapshot: { readonly id?: string; readonly time: string };
        readonly matches: readonly string[];
      }[]
    | null;
  readonly keep: readonly { readonly id: string; readonly time: string }[] | null;
}

function groupsOfRestic(stdout: string): ReadonlyMap<string, string> {
  const line = stdout.split('\n').find((each) => each.startsWith('['));
  assert.ok(line !== undefined, stdout.slice(0, 200));
  const groups: readonly ResticGroup[] = JSON.parse(line);
  const verdicts = new Map<string, string>();
  for (const { keep, remove, reasons } of groups) {
    for (const { id } of remove ?? []) verdicts.set(id, 'dropped');
    // the reasons stand in the order of what is kept
    for (const [position, { id, time }] of (keep ?? []).entries()) {
      const reason = reasons?.[position];
      assert.equal(reason?.snapshot.time, time);
      verdicts.set(id, reason?.matches.map((each) => each.replace(/ (?:\d+[ymdh])+$/, '')).join('; ') ?? '');
    }
  }
  return verdicts;
}

/** As restic says it, without the length of spans. */
function resticWords({ rule, isOldest }: KeptBy, { tags = [] }: RetentionPolicy): string {
  const oldest = isOldest ? 'oldest ' : '';
  if (rule === 'tags') return `has tags [${tags[0]?.join(', ')}]`;
  if (rule === 'within') return 'within';
  if (rule.startsWith('within-')) return `${oldest}${rule.slice('within-'.length)} within`;
  return `${oldest}${rule} snapshot`;
}
