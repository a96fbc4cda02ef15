/**
 * Whether a text is a gap that somebody still has to fill, or holds one: `[Define specific time]`, `[Name] [Phone]`,
 * `TODO`, `TBD: ask Jane`, `<fill in>`, `???`, and inside longer text `at least [frequency, e.g. annually]`. A whole
 * text in square brackets counts when its words begin with a capital or hold a space, so that patterns such as
 * `[abc]` and tests such as `[ -f x ]` do not; inside longer text only the words that templates use do.
 */
export function isPlaceholder(text: string): boolean {
  const trimmed = text.trim();
  if (trimmed.length === 0) return false;
  if (gapInside.test(trimmed)) return true;
  if (trimmed.length > placeholderLengthMax) return false;
  return markerPattern.test(trimmed) || anglePattern.test(trimmed) || bracketPattern.test(trimmed);
}

const placeholderLengthMax = 300;
const markerPattern = /^(?:(?:TODO|TBD|TBA|FIXME)(?:$|[\s:,.–-])|\?{3,}$)/;
const anglePattern = /^<[^<>]+>$/;
const bracketPattern = /^(?:\[(?:[A-Z][a-z][^[\]]*|[A-Za-z][^[\]]* [^[\]]*)\][\s,;./–-]*)+$/;

/** What follows a bracket in templates: an order to fill it, or the name of what belongs there. No link follows. */
const gapInside =
  /\[(?:(?:Define|Specify|List|Outline|Describe|Insert|Enter|Fill in|Add) [^[\]]{1,300}|[Ff]requency(?:, [^[\]]{1,200})?|Name|Phone|E-?mail|Email Group|Date|Time|Owner|Team)\](?!\()/;
