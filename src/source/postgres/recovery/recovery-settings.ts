/** What a server is told of its recovery. */
import type { Settings } from '../server/sandbox-settings.ts';
import { formatLsn } from '../wal/lsn.ts';
import type { ChosenRecovery } from './recovery-choice.ts';
import { formatMoment, type RecoveryTarget } from './recovery-target.ts';

export interface RecoveryInstruction {
  readonly settings: Settings;
  /**
   * With a target the server stops and pauses. Without one it would open for writing at the end of the log, whatever the
   * reason of that end: as a standby it waits there instead, until somebody has looked.
   */
  readonly signalFile: 'recovery.signal' | 'standby.signal';
}

/** `restoreCommand` as the server shall run it. */
export function recoveryInstruction(
  choice: ChosenRecovery,
  target: RecoveryTarget,
  restoreCommand: string,
): RecoveryInstruction {
  const stops = choice.finish === 'stop';
  return {
    settings: {
      ...cleared,
      restore_command: restoreCommand,
      recovery_target_timeline: String(choice.timeline),
      recovery_target_action: 'pause',
      ...(stops ? targetSettings(target) : {}),
    },
    signalFile: stops ? 'recovery.signal' : 'standby.signal',
  };
}

/**
 * The original may have set them. Its targets are not named here: a server takes even an empty one for a second target,
 * and ours are the only settings that it reads.
 */
const cleared: Settings = {
  recovery_end_command: '',
  archive_cleanup_command: '',
  recovery_min_apply_delay: '0',
};

function targetSettings(target: RecoveryTarget): Settings {
  switch (target.kind) {
    case 'end':
      return {};
    case 'consistent':
      return { recovery_target: 'immediate' };
    case 'time':
      return { recovery_target_time: formatMoment(target.atUs), ...inclusiveness(target) };
    case 'lsn':
      return { recovery_target_lsn: formatLsn(target.lsn), ...inclusiveness(target) };
    case 'xid':
      return { recovery_target_xid: String(target.xid), ...inclusiveness(target) };
    case 'name':
      return { recovery_target_name: target.name };
    default:
      return target satisfies never;
  }
}

function inclusiveness({ inclusive }: { readonly inclusive: boolean }): Settings {
  return { recovery_target_inclusive: inclusive ? 'on' : 'off' };
}

/** For the settings of PostgreSQL 13 to 18 that are commands: `%` is its own escape. */
export function shellQuoted(value: string): string {
  return `'${value.replaceAll("'", `'\\''`).replaceAll('%', '%%')}'`;
}
