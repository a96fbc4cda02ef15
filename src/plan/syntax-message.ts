/**
 * Words of our own for YAML's syntax errors, by the code of the `yaml` package. Its own messages repeat pieces
 * of the text, which may be a secret.
 */
export function syntaxMessage(code: string): { readonly message: string; readonly suggestion: string } {
  const known = messages[code];
  return { message: known?.[0] ?? 'this is not valid YAML', suggestion: known?.[1] ?? fallback };
}

const fallback = 'check the indentation, quotes and brackets of this line and the one above';

const messages: Readonly<Record<string, readonly [string, string]>> = {
  ALIAS_PROPS: ['an alias cannot have a tag or an anchor', 'write the value out'],
  BAD_ALIAS: ['an alias without a good name', 'put text that begins with * into quotes'],
  BAD_COLLECTION_TYPE: ['a tag does not fit the value', 'remove the tag'],
  BAD_DIRECTIVE: ['a directive that YAML does not know', 'put text that begins with % into quotes'],
  BAD_DQ_ESCAPE: ['an escape that YAML does not know', 'use single quotes around text with backslashes'],
  BAD_INDENT: [
    'the indentation does not fit the lines around',
    'align the key with its siblings, with two spaces a level',
  ],
  BAD_PROP_ORDER: ['an anchor or tag in a wrong place', 'write the value out'],
  BAD_SCALAR_START: ['text cannot begin with this character', 'put the text into quotes'],
  BLOCK_AS_IMPLICIT_KEY: [
    'a value where a key is expected',
    'put a list or map on lines of its own, or text with ": " into quotes',
  ],
  BLOCK_IN_FLOW: ['a block inside brackets', 'close the bracket or write the whole list on lines of its own'],
  DUPLICATE_KEY: ['the key is there twice', 'keep one of them'],
  KEY_OVER_1024_CHARS: ['a key longer than 1024 characters', 'look for a missing line break'],
  MISSING_CHAR: ['a character is missing', 'close the quote or bracket, or put a space after the colon'],
  MULTILINE_IMPLICIT_KEY: [
    'a key that goes over several lines',
    'look for a missing colon or quote on this line',
  ],
  MULTIPLE_ANCHORS: ['more than one anchor', 'keep one of them'],
  MULTIPLE_DOCS: ['a second document begins here', 'remove the line "---" or what follows it'],
  MULTIPLE_TAGS: ['more than one tag', 'keep one of them'],
  TAB_AS_INDENT: ['a tab in the indentation', 'use spaces; YAML does not allow tabs there'],
  TAG_RESOLVE_FAILED: ['a tag that YAML does not know', 'put text that begins with ! into quotes'],
  UNEXPECTED_TOKEN: ['something that YAML does not expect here', fallback],
};
