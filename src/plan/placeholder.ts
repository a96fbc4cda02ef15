/**
 * Whether a text is a gap that somebody still has to fill: `[Define specific time]`, `[Name] [Phone]`, `TODO`,
 * `TBD: ask Jane`, `<fill in>`, `???`. Square brackets count only around words that begin with a capital or
 * hold a space, so that patterns such as `[abc]` and tests such as `[ -f x ]` do not.
 */
export function isPlaceholder(text: string): boolean {
  const trimmed = text.trim();
  if (trimmed.length === 0 || trimmed.length > placeholderLengthMax) return false;
  return markerPattern.test(trimmed) || anglePattern.test(trimmed) || bracketPattern.test(trimmed);
}

const placeholderLengthMax = 300;
const markerPattern = /^(?:(?:TODO|TBD|TBA|FIXME)(?:$|[\s:,.–-])|\?{3,}$)/;
const anglePattern = /^<[^<>]+>$/;
const bracketPattern = /^(?:\[(?:[A-Z][a-z][^[\]]*|[A-Za-z][^[\]]* [^[\]]*)\][\s,;/–-]*)+$/;
