/**
 * What passes remember on this machine, in `run.json` of the plan's state folder: runs that failed, for those may
 * have left no record, and alarms that were raised. It can be lost at the cost of one retry and one alarm too many.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from '../../platform/atomic-file.ts';
import { stateDirectory } from '../../platform/environment.ts';
import type { Alarm } from './alarms.ts';
import { inTurn } from './in-turn.ts';
import type { FailedAttempt } from './last-run.ts';

export interface RunMemory {
  /** By the subject of the finding. */
  readonly attempts: ReadonlyMap<string, FailedAttempt>;
  readonly alarms: readonly Alarm[];
}

export const emptyMemory: RunMemory = { attempts: new Map(), alarms: [] };

export function planStateFolder(planId: string): string {
  return join(stateDirectory(), planId);
}

/** Empty when there is none or it cannot be read: then everything is tried and told again. */
export function loadMemory(planId: string): RunMemory {
  try {
    return parseMemory(JSON.parse(readFileSync(memoryFile(planId), 'utf8')));
  } catch {
    // the direction of the mistake is safe: one retry and one alarm too many
    return emptyMemory;
  }
}

/** Passes and receivers of logs remember beside each other: each change is made to what the one before left. */
export async function changeMemory(planId: string, change: (memory: RunMemory) => RunMemory): Promise<void> {
  await changes(async () => await saveMemory(planId, change(loadMemory(planId))));
}

const changes = inTurn();

async function saveMemory(planId: string, memory: RunMemory): Promise<void> {
  mkdirSync(planStateFolder(planId), { recursive: true, mode: 0o700 });
  const json = { version: 1, attempts: [...memory.attempts], alarms: memory.alarms };
  await writeFileAtomically(memoryFile(planId), JSON.stringify(json), 0o600);
}

/** Written by `saveMemory` only; what has another shape counts as lost. */
export function parseMemory(json: unknown): RunMemory {
  if (!isObject(json) || json['version'] !== 1) return emptyMemory;
  const { attempts, alarms } = json as { readonly attempts: unknown; readonly alarms: unknown };
  if (!Array.isArray(attempts) || !Array.isArray(alarms)) return emptyMemory;
  return { attempts: new Map(attempts.filter(isAttemptEntry)), alarms: alarms.filter(isAlarm) };
}

function isAttemptEntry(value: unknown): value is [string, FailedAttempt] {
  if (!Array.isArray(value) || typeof value[0] !== 'string') return false;
  const attempt: unknown = value[1];
  return isObject(attempt) && hasTexts(attempt, 'code', 'message', 'systemHash') && hasTime(attempt, 'atMs');
}

function isAlarm(value: unknown): value is Alarm {
  if (!isObject(value) || !hasTexts(value, 'subject', 'code', 'message')) return false;
  const { systems, vault } = value as { readonly systems: unknown; readonly vault: unknown };
  return (
    hasTime(value, 'raisedAtMs') &&
    Array.isArray(systems) &&
    systems.every((system) => typeof system === 'string') &&
    (vault === undefined || typeof vault === 'string')
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hasTexts(value: Readonly<Record<string, unknown>>, ...names: readonly string[]): boolean {
  return names.every((name) => typeof value[name] === 'string');
}

function hasTime(value: Readonly<Record<string, unknown>>, name: string): boolean {
  return Number.isFinite(value[name]);
}

function memoryFile(planId: string): string {
  return join(planStateFolder(planId), 'run.json');
}
