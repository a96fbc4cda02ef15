/**
 * What a disaster would do, as far as plan and measurements tell.
 *
 * Glossary: times are milliseconds since the disaster. A system is *struck* when the disaster takes it, and *waits* when
 * only something that it depends on was taken. Its *way* is how it comes back. A *task* is one stretch of work or of
 * waiting; the *critical path* is the chain of tasks without a gap that ends when the last system is back. A time that
 * is `atLeast` rests on something that nobody knows.
 */
import type { Status } from '../../objective/objective.ts';
import type { FigureOrigin } from '../lint/worst-loss.ts';
import type { ScenarioPlan } from '../resolved-plan.ts';

export interface Simulation {
  readonly scenario: string;
  readonly kind: ScenarioPlan['kind'];
  readonly description?: string;
  /** When it strikes; absent: at the worst moment. */
  readonly atMs?: number;
  /** The worst of all systems; never better than `unknown` when something blocks or nothing could be judged. */
  readonly status: Status;
  readonly struckSites: readonly string[];
  readonly struckVaults: readonly Struck[];
  /** From the disaster until work on the systems begins, and what is shared by several of them. */
  readonly shared: readonly TimelineTask[];
  /** Affected ones: in the order in which they are back; those that nobody knows about last. */
  readonly systems: readonly SystemForecast[];
  readonly unaffected: readonly string[];
  readonly criticalPath: CriticalPath;
  readonly blockers: readonly Blocker[];
  readonly people: readonly PersonNeeded[];
  readonly services: readonly ServiceNeeded[];
}

export interface Struck {
  readonly name: string;
  readonly why: string;
}

export interface SystemForecast {
  readonly system: string;
  readonly tier?: string;
  readonly state: 'struck' | 'waits';
  readonly way: RecoveryWay;
  readonly loss: Loss;
  readonly back: Back;
  readonly tasks: readonly TimelineTask[];
  readonly verdicts: readonly Verdict[];
  /** The worst of its verdicts, `unknown` at best when what has no objective is not known either; absent without any objective. */
  readonly status?: Status;
  readonly isOnCriticalPath: boolean;
}

export type RecoveryWay =
  /** It was not taken and works again when what it depends on does. */
  | { readonly kind: 'wait' }
  | {
      readonly kind: 'restore';
      readonly vault: string;
      /** Where it comes back; absent: where it was. */
      readonly site?: string;
      readonly usesLogs: boolean;
    }
  | {
      readonly kind: 'fail-over';
      readonly site: string;
      readonly replication: 'synchronous' | 'asynchronous' | 'none';
    }
  /** It has no data of its own. */
  | { readonly kind: 'rebuild'; readonly site?: string }
  /** Its data is intact. */
  | { readonly kind: 'restart' }
  /** Nothing is left of its data. */
  | { readonly kind: 'lost'; readonly why: string };

export type Loss =
  | { readonly kind: 'none'; readonly why: string }
  | {
      readonly kind: 'bounded';
      readonly valueMs: number;
      readonly origin: FigureOrigin;
      /** How it was reckoned. */
      readonly why: string;
      /** What to write so that less is lost, a sentence. */
      readonly hint?: string;
    }
  | { readonly kind: 'unknown'; readonly atLeastMs: number; readonly why: string }
  | { readonly kind: 'everything'; readonly why: string; readonly hint?: string };

export type Back =
  | { readonly kind: 'known'; readonly atMs: number; readonly origin: FigureOrigin }
  | { readonly kind: 'unknown'; readonly atLeastMs: number; readonly why: string }
  | { readonly kind: 'never'; readonly why: string };

export type TaskKind = 'detect' | 'respond' | 'prepare' | 'restore' | 'start';

export interface TimelineTask {
  readonly kind: TaskKind;
  readonly label: string;
  readonly startMs: number;
  readonly endMs: number;
  /** Absent: how long it takes is unknown, and its end is no end. */
  readonly origin?: FigureOrigin;
  readonly says: string;
  /** False when its start rests on something unknown. */
  readonly isStartKnown: boolean;
  readonly isCritical: boolean;
}

export interface Verdict {
  readonly objective: 'rpo' | 'rto';
  readonly targetMs: number;
  /** Where the target stands. */
  readonly from: 'scenario' | 'system' | 'data class' | 'tier' | 'plan' | 'default';
  readonly status: Status;
  /** What is forecast; absent where nothing is left. A lower bound when the status is unknown. */
  readonly valueMs?: number;
  /** Lower-case. */
  readonly reason: string;
}

export interface CriticalPath {
  /** The system that is back last; absent when none is affected. */
  readonly system?: string;
  readonly totalMs: number;
  readonly isKnown: boolean;
  readonly steps: readonly PathStep[];
}

export interface PathStep {
  readonly label: string;
  readonly system?: string;
  /** Absent: unknown. */
  readonly durationMs?: number;
  readonly origin?: FigureOrigin;
  readonly says: string;
}

export interface Blocker {
  /** `blocks`: something cannot come back, or nobody knows when. `doubt`: it may not go as foreseen. */
  readonly severity: 'blocks' | 'doubt';
  readonly kind:
    | 'no-surviving-vault'
    | 'no-schedule'
    | 'no-runbook'
    | 'unknown-duration'
    | 'unknown-damage'
    | 'need-struck'
    | 'no-people'
    | 'no-site'
    | 'no-answer'
    | 'cycle'
    | 'runbook'
    | 'channel-struck'
    | 'vault-exposed'
    | 'strikes-nothing'
    | 'placeholder'
    | 'not-executed'
    | 'objective-missed';
  /** What it is about: systems, needs, vaults, steps. */
  readonly about: readonly string[];
  readonly message: string;
  readonly hint: string;
}

export interface PersonNeeded {
  /** As in the plan. */
  readonly name: string;
  readonly kind: 'contact' | 'team' | 'rota' | 'owner';
  /** Those behind it, for a team or rota; the full name for a contact. */
  readonly who: readonly string[];
  /** `approves`, `is called first`, `does 3 steps`. */
  readonly for: readonly string[];
  /** A telephone number, address or chat name; absent when there is none. */
  readonly reach?: string;
}

export interface ServiceNeeded {
  readonly name: string;
  readonly kind: 'need' | 'vendor' | 'provider';
  readonly for: readonly string[];
  readonly phone?: string;
  readonly answersWithinMs?: number;
  /** `struck`: it is gone with the disaster; `fallback`: it is gone, and the plan says what is done instead. */
  readonly state: 'there' | 'struck' | 'fallback';
}
