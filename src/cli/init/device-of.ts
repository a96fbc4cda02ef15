/** Which disk a path is on, or would be on. */
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemErrorName } from '../../error/lifeboat-error.ts';
import type { PlanFacts } from '../../plan/lint/plan-facts.ts';
import { type InitChoices, sourcePathsOf } from './init-choices.ts';

/** The device number of the nearest folder that exists; `undefined` when even that cannot be asked. */
export async function deviceOf(path: string): Promise<string | undefined> {
  for (let at = path; ; at = dirname(at)) {
    try {
      return String((await stat(at, { bigint: true })).dev);
    } catch (error) {
      const isAbsent = ['ENOENT', 'ENOTDIR'].includes(systemErrorName(error) ?? '');
      if (!isAbsent || at === dirname(at)) return undefined;
    }
  }
}

/** What the linter wants to know about disks. */
export async function diskFacts(choices: Pick<InitChoices, 'vaults' | 'systems'>): Promise<PlanFacts> {
  const vaultDevices: Record<string, string> = {};
  for (const { name, path } of choices.vaults) {
    const device = await deviceOf(path);
    if (device !== undefined) vaultDevices[name] = device;
  }
  const sourceDevices: Record<string, readonly string[]> = {};
  for (const { name, source } of choices.systems) {
    const devices = await Promise.all(sourcePathsOf(source).map(deviceOf));
    sourceDevices[name] = [...new Set(devices.filter((device) => device !== undefined))];
  }
  return { vaultDevices, sourceDevices };
}
