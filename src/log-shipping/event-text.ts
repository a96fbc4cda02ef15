/** What happened to a log, for people, with the next action where there is one. Pure. */
import type { LogPosition } from '../source/log-source.ts';
import type { ShippingEvent } from './shipping.ts';

export interface EventText {
  /** `alarm`: somebody must act; `warning`: it may pass by itself; `news`: it is as it should be. */
  readonly severity: 'alarm' | 'warning' | 'news';
  readonly text: string;
  /** Empty where nothing is to be done. */
  readonly hint: string;
}

/** `place`: how the engine writes a position. */
export function eventText(system: string, event: ShippingEvent, place: (at: bigint) => string): EventText {
  const at = (position: LogPosition): string => `${place(position.at)} on branch ${position.branch}`;
  switch (event.kind) {
    case 'streaming':
      return news(`the log of ${system} comes from ${event.server}, from ${at(event.at)} on`);
    case 'disconnected':
      return warning(
        `the log of ${system} does not come: ${event.message}`,
        'Look whether the server runs and can be reached.',
      );
    case 'gap':
      return alarm(
        `the vault ${event.vault} will never have ${place(event.span.start)} to ${place(event.span.end)} of the log of ${system}`,
        `Take a new base backup now with \`lifeboat backup ${system}\`: what comes after it can be recovered again.`,
      );
    case 'lost':
      return alarm(
        `the server of ${system} keeps its log for us no more (${event.hold})`,
        'Raise max_slot_wal_keep_size, and take a new base backup if a gap is told of next.',
      );
    case 'diverged':
      return alarm(
        `the vault ${event.vault} has log of ${system} that its server never had, from ${at(event.from)} to ${place(event.to.at)}; it is kept`,
        'If the server was promoted before it had all, look in the old branch for what is missing.',
      );
    case 'conflict':
      return alarm(
        event.message,
        'Find out which two servers write under one identity, and stop the one that must not.',
      );
    case 'branch':
      return news(`the log of ${system} goes on as branch ${event.to}, after ${at(event.from)}`);
    case 'degraded':
      return alarm(
        `commits of ${system} do not wait for the vaults any more: what is committed after ${at(event.at)} may be lost`,
        'Bring the vaults back; commits wait again by themselves when the copies keep up.',
      );
    case 'protected':
      return news(`commits of ${system} wait for the vaults, from ${at(event.at)} on`);
    case 'away':
      return warning(
        `the vault ${event.vault} takes no log of ${system}: ${event.message}`,
        'Look whether its store can be reached and has room.',
      );
    case 'back':
      return news(`the vault ${event.vault} takes the log of ${system} again`);
    case 'lagging':
      return warning(
        `the vault ${event.vault} is behind the log of ${system} by ${Math.round(event.lagMs / 1000)} s`,
        'Look at its store and at the network; nothing is lost while the server keeps its log.',
      );
    case 'caught-up':
      return news(`the vault ${event.vault} has caught up with the log of ${system}`);
    case 'finding':
      return alarm(
        `${event.object} in the vault ${event.vault}: ${event.message}`,
        'Run `lifeboat check --read-data` on the vault, and take a new base backup.',
      );
    default:
      return event satisfies never;
  }
}

function news(text: string): EventText {
  return { severity: 'news', text, hint: '' };
}

function warning(text: string, hint: string): EventText {
  return { severity: 'warning', text, hint };
}

function alarm(text: string, hint: string): EventText {
  return { severity: 'alarm', text, hint };
}
