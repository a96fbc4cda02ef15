/** What the standard streams are connected to. */
import { environmentVariable } from './environment.ts';

export type OutputStream = 'stdout' | 'stderr';

/** Assumed where the width is not known. */
const columnsDefault = 80;

export function isTerminal(stream: OutputStream): boolean {
  return process[stream].isTTY === true;
}

/** True when a person can be asked: input and prompts both reach a terminal. */
export function isInteractive(): boolean {
  return process.stdin.isTTY === true && isTerminal('stderr');
}

export function terminalColumns(stream: OutputStream): number {
  return process[stream].columns || columnsDefault;
}

/** Only on a terminal that can, and not when NO_COLOR is set and not empty (no-color.org). */
export function wantsColour(stream: OutputStream): boolean {
  return isTerminal(stream) && !environmentVariable('NO_COLOR') && environmentVariable('TERM') !== 'dumb';
}
