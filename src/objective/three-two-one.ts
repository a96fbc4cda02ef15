/**
 * The rule 3-2-1-1-0 from what is really there: three copies of the data, on two media, one of them off site, one that
 * nobody can delete, and no error in the last proof. Production counts as a copy. A vault counts when it holds a
 * complete point that was read back and that is no older than the objective allows.
 */
import { durationText } from './duration-text.ts';

export interface CopyPlaceFacts {
  /** The vault's name in the plan. */
  readonly vault: string;
  /** Why nothing is known of it now; then it neither counts nor is said to be missing. */
  readonly doubt?: string;
  /** The newest complete point that was read back and that nothing speaks against. */
  readonly newest?: { readonly capturedAtMs: number; readonly evidence: Evidence };
  /** `disk`, `object-store`, `tape`, `optical`. */
  readonly medium: string;
  /** What tells two media of one kind apart: a device, or a store's provider. */
  readonly device?: string;
  readonly isOffSite: boolean;
  /** Said to be off site, and at the system's own site all the same. */
  readonly isAtOwnSite: boolean;
  /** The newest audit that found everything kept by the store until a date. */
  readonly immutable?: { readonly untilMs: number; readonly evidence: Evidence };
  /** The newest verdict on what lies there, by reading back or by restoring. */
  readonly lastVerdict?: { readonly isGood: boolean; readonly evidence: Evidence };
  /** The newest restore that proved a point of it. */
  readonly lastRestore?: { readonly evidence: Evidence };
}

/** A record of a vault, by which anybody can look it up. */
export interface Evidence {
  readonly vault: string;
  readonly recordId: string;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
}

export interface ThreeTwoOneFacts {
  readonly system: string;
  /** How old the newest point of a vault may be; absent: the plan does not say, and any age counts. */
  readonly ageMsMax?: number;
  /** What production lies on, as a device; absent where it cannot be told. */
  readonly productionDevice?: string;
  /** The last capture shows that production was there. */
  readonly lastCapture?: Evidence;
  readonly places: readonly CopyPlaceFacts[];
}

export type RuleName = 'copies' | 'media' | 'off-site' | 'immutable' | 'errors';

export interface RuleCell {
  readonly rule: RuleName;
  /** `unknown`: what would decide it could not be read, or was never proven. */
  readonly status: 'met' | 'unmet' | 'unknown';
  /** How many; for `immutable` how many vaults, for `errors` how many are wrong. */
  readonly count: number;
  /** Lower-case, without full stop. */
  readonly reason: string;
  readonly evidence: readonly Evidence[];
  /** Of `immutable`: the latest date until which one of them cannot be deleted. */
  readonly untilMs?: number;
}

const copiesMin = 3;
const mediaMin = 2;

/** The five cells in the order of the rule. */
export function threeTwoOne(facts: ThreeTwoOneFacts, nowMs: number): readonly RuleCell[] {
  const counted = facts.places.filter((place) => isCounted(place, facts, nowMs));
  return [
    copies(facts, counted, nowMs),
    media(facts, counted),
    offSite(facts, counted),
    immutable(counted, nowMs),
    errors(facts, counted),
  ];
}

function isCounted(
  { doubt, newest }: CopyPlaceFacts,
  { ageMsMax }: ThreeTwoOneFacts,
  nowMs: number,
): boolean {
  if (doubt !== undefined || newest === undefined) return false;
  return ageMsMax === undefined || nowMs - newest.capturedAtMs <= ageMsMax;
}

function copies(facts: ThreeTwoOneFacts, counted: readonly CopyPlaceFacts[], nowMs: number): RuleCell {
  const { lastCapture } = facts;
  const count = counted.length + (lastCapture === undefined ? 0 : 1);
  const left = facts.places.filter((place) => !counted.includes(place));
  const missing = left.map((place) => whyNotCounted(place, nowMs));
  const has = [...(lastCapture === undefined ? [] : ['production']), ...counted.map(({ vault }) => vault)];
  return {
    rule: 'copies',
    status: verdictOf(count >= copiesMin, facts),
    count,
    reason: [has.length === 0 ? 'there is none' : has.join(', '), ...missing].join('; '),
    evidence: [
      ...(lastCapture === undefined ? [] : [lastCapture]),
      ...evidenceOf(counted, ({ newest }) => newest),
    ],
  };
}

function whyNotCounted({ vault, doubt, newest }: CopyPlaceFacts, nowMs: number): string {
  if (doubt !== undefined) return `${vault} is not known: ${doubt}`;
  if (newest === undefined) return `${vault} has no complete point that was read back`;
  return `the newest point in ${vault} is ${durationText(nowMs - newest.capturedAtMs)} old`;
}

/** Two kinds are two media; of one kind, two devices are, where it can be told that they are two. */
function media(facts: ThreeTwoOneFacts, counted: readonly CopyPlaceFacts[]): RuleCell {
  const production =
    facts.lastCapture === undefined ? [] : [{ medium: 'disk', device: facts.productionDevice }];
  const all = [...production, ...counted.map(({ medium, device }) => ({ medium, device }))];
  const kinds = new Set(all.map(({ medium }) => medium));
  const devices = new Set(
    all.flatMap(({ medium, device }) => (device === undefined ? [] : [`${medium} ${device}`])),
  );
  const isUntold = all.some(({ device }) => device === undefined);
  const count = Math.max(kinds.size, devices.size);
  const evidence = evidenceOf(counted, ({ newest }) => newest);
  const names = [...kinds].join(', ');
  const reason =
    kinds.size > 1 || devices.size === 0
      ? names
      : `${names} on ${devices.size === 1 ? 'one device' : `${devices.size} devices`}`;
  const status = count >= mediaMin ? 'met' : isUntold && all.length > 1 ? 'unknown' : verdictOf(false, facts);
  const words = status === 'unknown' && isUntold ? `${reason}; the devices cannot be told apart` : reason;
  return { rule: 'media', status, count, reason: words === '' ? 'there is none' : words, evidence };
}

function offSite(facts: ThreeTwoOneFacts, counted: readonly CopyPlaceFacts[]): RuleCell {
  const away = counted.filter(({ isOffSite, isAtOwnSite }) => isOffSite && !isAtOwnSite);
  const contradicted = counted.filter(({ isOffSite, isAtOwnSite }) => isOffSite && isAtOwnSite);
  const reason = [
    away.length === 0 ? 'no copy that counts is off site' : away.map(({ vault }) => vault).join(', '),
    ...contradicted.map(({ vault }) => `${vault} is at the site of the system`),
  ].join('; ');
  const evidence = evidenceOf(away, ({ newest }) => newest);
  const status = verdictOf(away.length > 0, facts, ({ isOffSite }) => isOffSite);
  return { rule: 'off-site', status, count: away.length, reason, evidence };
}

function immutable(counted: readonly CopyPlaceFacts[], nowMs: number): RuleCell {
  const kept = counted.flatMap(({ vault, immutable: proof }) =>
    proof !== undefined && proof.untilMs > nowMs ? [{ vault, ...proof }] : [],
  );
  const evidence = kept.map((proof) => proof.evidence);
  const names = kept.map(({ vault }) => vault).join(', ');
  if (kept.length > 0) {
    const untilMs = Math.max(...kept.map((proof) => proof.untilMs));
    return { rule: 'immutable', status: 'met', count: kept.length, reason: names, evidence, untilMs };
  }
  return { rule: 'immutable', status: 'unknown', count: 0, reason: 'not proven by an audit', evidence };
}

function errors(facts: ThreeTwoOneFacts, counted: readonly CopyPlaceFacts[]): RuleCell {
  const judged = facts.places.filter(({ doubt }) => doubt === undefined);
  const wrong = judged.filter(({ lastVerdict }) => lastVerdict?.isGood === false);
  const evidence = [
    ...evidenceOf(judged, ({ lastVerdict }) => lastVerdict),
    ...evidenceOf(counted, ({ lastRestore }) => lastRestore),
  ];
  const about = { rule: 'errors' as const, count: wrong.length, evidence };
  if (wrong.length > 0) {
    const reason = `the last proof found errors in ${wrong.map(({ vault }) => vault).join(', ')}`;
    return { ...about, status: 'unmet', reason };
  }
  if (!counted.some(({ lastRestore }) => lastRestore !== undefined))
    return { ...about, status: 'unknown', reason: 'no point was proven by a restore yet' };
  const doubt = facts.places.find((place) => place.doubt !== undefined);
  if (doubt !== undefined)
    return { ...about, status: 'unknown', reason: `${doubt.vault} is not known: ${doubt.doubt}` };
  return { ...about, status: 'met', reason: 'none in the last proofs' };
}

/** What could not be read may be just what is missing. */
function verdictOf(
  isMet: boolean,
  { places }: ThreeTwoOneFacts,
  couldHelp: (place: CopyPlaceFacts) => boolean = () => true,
): RuleCell['status'] {
  if (isMet) return 'met';
  return places.some((place) => place.doubt !== undefined && couldHelp(place)) ? 'unknown' : 'unmet';
}

function evidenceOf(
  places: readonly CopyPlaceFacts[],
  of: (place: CopyPlaceFacts) => { readonly evidence: Evidence } | undefined,
): readonly Evidence[] {
  return places.flatMap((place) => {
    const found = of(place);
    return found === undefined ? [] : [found.evidence];
  });
}
