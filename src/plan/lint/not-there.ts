import type { LintRule } from './lint-rule.ts';
import { machinePaths } from './machine-paths.ts';

export const notThere: LintRule = {
  id: 'not-there',
  severity: 'info',
  title: 'a path of the plan is not there on this machine',
  explanation:
    'The plan names a file or folder that this machine does not have. That is right where the plan is only read, and a backup or its key will be missing where it is meant to run.',
  fix: 'Correct the path, make what it names (`lifeboat vault init` makes a vault), or look at the plan on the machine it is for.',
  check: (plan, { missingPaths }) =>
    missingPaths === undefined || missingPaths.size === 0
      ? []
      : machinePaths(plan)
          .filter(({ path }) => missingPaths.has(path))
          .map(({ at, path, what }) => ({ at, message: `${what}: not there on this machine: ${path}` })),
};
