/**
 * What `status` reads of a shipping that runs in another process: one JSON file a system in the state folder, written
 * at once as a whole. Whoever reads it looks at `writtenAtMs`: an old file says nothing of now.
 */
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorName } from '../error/lifeboat-error.ts';
import {
  isObject,
  type JsonObject,
  list,
  number,
  objectOf,
  oneOf,
  optional,
  text,
} from '../evidence/record-fields.ts';
import { positionHex } from '../log-archive/piece-key.ts';
import type { UnbrokenPart } from '../log-archive/unbroken.ts';
import { writeFileAtomically } from '../platform/atomic-file.ts';
import type { SourceFinding } from '../source/source.ts';
import { type LaneStatus, type ShippingState, type ShippingStatus, shippingStates } from './shipping.ts';

const formatVersion = 1;

export interface StoredStatus {
  readonly system: string;
  readonly incarnation?: string;
  readonly state: ShippingState;
  /** Milliseconds since the epoch, all of them. */
  readonly sinceMs: number;
  readonly writtenAtMs: number;
  readonly isProtected: boolean;
  readonly branch?: string;
  readonly acknowledged?: bigint;
  /** Bytes of log that the server keeps for us, and how many more it may write before it stops to. */
  readonly keptBytes?: number;
  readonly headroomBytes?: number;
  readonly hold?: string;
  /** What is wrong on the server, in its own words. */
  readonly findings: readonly SourceFinding[];
  /** Why there is no stream. */
  readonly problem?: Problem;
  readonly vaults: readonly LaneStatus[];
}

interface Problem {
  readonly code: string;
  readonly message: string;
}

/** A receiver writes every few seconds; one that has not for so long does not run, or hangs. */
export const statusFreshMsMax = 30_000;
/** The clock of the one who reads is the one who wrote: it can only have been set back. */
const clockStepToleratedMs = 60_000;

/** Whether it speaks of now. */
export function isFreshStatus({ writtenAtMs }: StoredStatus, nowMs: number): boolean {
  const ageMs = nowMs - writtenAtMs;
  return ageMs <= statusFreshMsMax && ageMs >= -clockStepToleratedMs;
}

export async function writeStatus(stateFolder: string, status: ShippingStatus): Promise<void> {
  await mkdir(stateFolder, { recursive: true, mode: 0o700 });
  await writeFileAtomically(
    statusPath(stateFolder, status.system),
    `${JSON.stringify(jsonOf(status))}\n`,
    0o600,
  );
}

/** `undefined` where none was written, or what is there cannot be read: then nothing is known. */
export function readStatus(stateFolder: string, system: string): StoredStatus | undefined {
  try {
    return parseStatus(JSON.parse(readFileSync(statusPath(stateFolder, system), 'utf8')));
  } catch (error) {
    if (systemErrorName(error) !== undefined || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function statusPath(stateFolder: string, system: string): string {
  return join(stateFolder, `log-${system}.json`);
}

function jsonOf(status: ShippingStatus): JsonObject {
  const { system, incarnation, state, sinceMs, isProtected, branch, acknowledged, atMs, health, problem } =
    status;
  return {
    ...{ format: formatVersion, system, incarnation, state, sinceMs, writtenAtMs: atMs, isProtected, branch },
    ...(acknowledged === undefined ? {} : { acknowledged: positionHex(acknowledged) }),
    ...(health && { hold: health.hold, keptBytes: health.keptBytes, headroomBytes: health.headroomBytes }),
    ...{ findings: health?.findings ?? [], problem },
    vaults: status.vaults.map(({ durable, unbroken, ...lane }) => ({
      ...lane,
      ...(unbroken && { unbroken: unbroken.map(partJson) }),
      ...(durable && { durable: { branch: durable.branch, at: positionHex(durable.at) } }),
    })),
  };
}

function parseStatus(json: unknown): StoredStatus | undefined {
  if (!isObject(json) || json['format'] !== formatVersion) return undefined;
  return {
    system: text(json, 'system'),
    ...optional(json, 'incarnation', text),
    state: oneOf(json, 'state', shippingStates),
    sinceMs: number(json, 'sinceMs'),
    writtenAtMs: number(json, 'writtenAtMs'),
    isProtected: json['isProtected'] === true,
    ...optional(json, 'branch', text),
    ...optional(json, 'acknowledged', position),
    ...optional(json, 'hold', text),
    findings: list(json, 'findings', parseFinding),
    ...optional(json, 'problem', problemOf),
    ...optional(json, 'keptBytes', number),
    ...optional(json, 'headroomBytes', number),
    vaults: list(json, 'vaults', parseLane),
  };
}

function parseLane(item: unknown): LaneStatus {
  const from = objectOf(item, 'vaults');
  return {
    vault: text(from, 'vault'),
    state: oneOf(from, 'state', ['streaming', 'behind', 'away', 'broken']),
    ...optional(from, 'durable', (each, name) => {
      const place = objectOf(each[name], name);
      return { branch: text(place, 'branch'), at: position(place, 'at') };
    }),
    ...optional(from, 'unbroken', (each, name) => list(each, name, parsePart)),
    ...optional(from, 'provenUntilMs', number),
    ...optional(from, 'lagMs', number),
    ...optional(from, 'error', problemOf),
  };
}

function problemOf(from: JsonObject, name: string): Problem {
  const error = objectOf(from[name], name);
  return { code: text(error, 'code'), message: text(error, 'message') };
}

function parseFinding(item: unknown): SourceFinding {
  const from = objectOf(item, 'findings');
  return {
    severity: oneOf(from, 'severity', ['error', 'warning']),
    message: text(from, 'message'),
    hint: text(from, 'hint'),
  };
}

function parsePart(item: unknown): UnbrokenPart {
  const from = objectOf(item, 'unbroken');
  return {
    branch: text(from, 'branch'),
    start: position(from, 'start'),
    ...optional(from, 'end', position),
  };
}

function partJson({ branch, start, end }: UnbrokenPart): JsonObject {
  return { branch, start: positionHex(start), ...(end === undefined ? {} : { end: positionHex(end) }) };
}

function position(from: JsonObject, name: string): bigint {
  return BigInt(`0x${text(from, name)}`);
}
