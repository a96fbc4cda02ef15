/** What became of reading an included file: its text, or why there is none. */
export type IncludedText = string | { readonly problem: IncludeProblem };

/** `too-large`: together with the other files of the plan it is over the limit of `planBytesMax`. */
export type IncludeProblem = 'missing' | 'unreadable' | 'not-a-file' | 'not-utf8' | 'too-large';

/** By the names that `includesOf` gives. */
export type IncludedTexts = ReadonlyMap<string, IncludedText>;

/** A plan in more parts than this is hard to follow; nobody has needed half of it. */
export const includedFilesMax = 64;

/** A file that the main one includes is at depth 1. */
export const includeDepthMax = 8;
