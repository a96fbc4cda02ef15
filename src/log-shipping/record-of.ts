/** What of the events of a shipping becomes evidence: what somebody asks for later. Pure. */
import type { LogRecord } from '../evidence/log-record.ts';
import type { RecordCommon } from '../evidence/record-common.ts';
import { recordTimes } from '../evidence/record-common.ts';
import { type RunContext, type SystemIdentity, sharedFields } from '../evidence/run-context.ts';
import { parseLogKey, positionHex } from '../log-archive/piece-key.ts';
import type { LogPosition } from '../source/log-source.ts';
import type { ShippingEvent } from './shipping.ts';

export interface RecordFacts {
  readonly run: RunContext;
  /** Id of the vault that the record goes into. */
  readonly vaultId: string;
  readonly system: SystemIdentity;
  readonly incarnation?: string;
}

/** `undefined` for what comes and goes by itself. */
export function recordOf(event: ShippingEvent, facts: RecordFacts): LogRecord | undefined {
  const fields = fieldsOf(event, facts.run);
  if (fields === undefined) return undefined;
  const { run, vaultId, system, incarnation } = facts;
  return {
    type: 'log',
    ...sharedFields(run, vaultId, system),
    ...recordTimes(event.atMs, event.atMs),
    verdict: verdictOf(fields.event),
    ...(incarnation === undefined ? {} : { incarnation }),
    ...fields,
  };
}

const goodNews: readonly LogRecord['event'][] = ['branch', 'protected', 'caught-up'];

function verdictOf(event: LogRecord['event']): RecordCommon['verdict'] {
  return goodNews.includes(event) ? 'pass' : 'fail';
}

type Fields = Omit<LogRecord, keyof RecordCommon | 'type' | 'incarnation'>;

function fieldsOf(event: ShippingEvent, { redact }: RunContext): Fields | undefined {
  switch (event.kind) {
    case 'gap':
      return {
        event: 'gap',
        of: event.vault,
        ...placeOf({ branch: event.span.branch, at: event.span.start }),
        toPosition: positionHex(event.span.end),
      };
    case 'lost':
      return { event: 'lost', message: event.hold };
    case 'diverged':
      return {
        event: 'diverged',
        of: event.vault,
        ...placeOf(event.from),
        toPosition: positionHex(event.to.at),
      };
    case 'conflict':
      return { event: 'conflict', of: event.vault, message: redact(event.message) };
    case 'branch':
      return { event: 'branch', ...placeOf(event.from), nextBranch: event.to };
    case 'degraded':
      return { event: 'degraded', ...placeOf(event.at), ms: event.waitedMs };
    case 'protected':
      return {
        event: 'protected',
        ...placeOf(event.at),
        ...(event.suspendedMs === undefined ? {} : { ms: event.suspendedMs }),
      };
    case 'lagging':
      return { event: 'lagging', of: event.vault, ms: event.lagMs };
    case 'caught-up':
      return { event: 'caught-up', of: event.vault };
    case 'finding':
      return {
        event: 'finding',
        of: event.vault,
        ...spanOf(event.object),
        message: redact(`${event.object}: ${event.message}`),
      };
    case 'streaming':
    case 'disconnected':
    case 'away':
    case 'back':
      return undefined;
    default:
      return event satisfies never;
  }
}

/** Of a piece: which bytes it was to hold. */
function spanOf(object: string): Pick<LogRecord, 'branch' | 'fromPosition' | 'toPosition'> {
  const piece = parseLogKey(object);
  if (piece === undefined || piece.start >= piece.end) return {};
  return { ...placeOf({ branch: piece.branch, at: piece.start }), toPosition: positionHex(piece.end) };
}

function placeOf({ branch, at }: LogPosition): Pick<LogRecord, 'branch' | 'fromPosition'> {
  return { branch, fromPosition: positionHex(at) };
}
