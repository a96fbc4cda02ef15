/** Files that are made from the code: what they are called, and how to make them. */
import { errorsPage } from './errors-page.ts';

export interface GeneratedDocument {
  /** Relative to the root of the project. */
  readonly path: string;
  readonly make: () => string;
}

export const documents: readonly GeneratedDocument[] = [
  { path: 'docs/reference/errors.md', make: errorsPage },
];
