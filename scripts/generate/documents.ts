/** Files that are made from the code: what they are called, and how to make them. */
import { planJsonSchema } from '../../src/plan/plan-json-schema.ts';
import { planReference } from '../../src/plan/plan-reference.ts';
import { cliPage } from './cli-page.ts';
import { errorsPage } from './errors-page.ts';
import { missionPage } from './mission-page.ts';

export interface GeneratedDocument {
  /** Relative to the root of the project. */
  readonly path: string;
  readonly make: () => string;
}

export const documents: readonly GeneratedDocument[] = [
  { path: 'docs/reference/cli.md', make: cliPage },
  { path: 'docs/reference/errors.md', make: errorsPage },
  { path: 'docs/reference/mission.md', make: missionPage },
  { path: 'docs/reference/plan.md', make: planReference },
  { path: 'lifeboat.schema.json', make: planJsonSchema },
];
