/** What happens to a log, as a line of `lifeboat up`. */
import { type EventText, eventText } from '../../log-shipping/event-text.ts';
import type { ShippingEvent } from '../../log-shipping/shipping.ts';
import type { AppContext } from '../cli-context.ts';
import type { PlanSession } from '../plan/plan-session.ts';
import { passVoice } from '../run-due/pass-voice.ts';

const words: Readonly<Record<EventText['severity'], string>> = {
  alarm: 'FAILED   ',
  warning: 'warning  ',
  news: 'log      ',
};

/** Never raises: a reader of our output who went away must not end a log. */
export async function tellLogEvent(
  context: AppContext,
  { plan }: PlanSession,
  system: string,
  event: ShippingEvent,
  place: (at: bigint) => string,
): Promise<void> {
  const { severity, text, hint } = eventText(system, event, place);
  const fields = { system, event: event.kind, severity, message: text, hint, ...fieldsOf(event, place) };
  const then = hint === '' ? '' : ` → ${hint}`;
  try {
    await passVoice(context, plan.metadata.timeZone).say('log', fields, `${words[severity]} ${text}${then}`);
  } catch {
    // the pass that speaks next finds out as well, and ends in order
  }
}

function fieldsOf(event: ShippingEvent, place: (at: bigint) => string): Readonly<Record<string, unknown>> {
  const vault = 'vault' in event ? { vault: event.vault } : {};
  const at = 'at' in event ? { branch: event.at.branch, lsn: place(event.at.at) } : {};
  const span =
    'span' in event
      ? { branch: event.span.branch, from: place(event.span.start), to: place(event.span.end) }
      : {};
  return { ...vault, ...at, ...span };
}
