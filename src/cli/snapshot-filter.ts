/** Options by which commands choose among snapshots. */
import { resolve } from 'node:path';
import type { SnapshotFilter } from '../repository/repository-types.ts';
import type { OptionSpec } from './command-spec.ts';
import type { Input } from './input.ts';

export const filterOptions: readonly OptionSpec[] = [
  { flag: '--host', value: 'NAME', description: 'only snapshots of this host' },
  { flag: '--tag', value: 'TAG', description: 'only snapshots with this tag', repeatable: true },
  { flag: '--path', value: 'DIR', description: 'only snapshots of exactly these paths', repeatable: true },
];

export function filterOf(input: Input, folder: string): SnapshotFilter {
  const hostname = input.value('--host');
  const tags = input.values('--tag');
  const paths = input.values('--path').map((path) => resolve(folder, path));
  return {
    ...(hostname === undefined ? {} : { hostname }),
    ...(tags.length === 0 ? {} : { tags }),
    ...(paths.length === 0 ? {} : { paths }),
  };
}
