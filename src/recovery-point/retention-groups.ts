/** Points without a plan are judged in groups, as restic does: those of one host and one set of paths. */

export interface GroupedBy {
  readonly host: boolean;
  readonly paths: boolean;
  readonly tags: boolean;
}

interface Groupable {
  readonly hostname?: string;
  readonly paths: readonly string[];
  readonly tags?: readonly string[];
}

export interface PointGroup<Point extends Groupable> {
  /** Only what it is grouped by. */
  readonly hostname?: string;
  readonly paths?: readonly string[];
  readonly tags?: readonly string[];
  readonly points: readonly Point[];
}

/** In the order of their first points. The order of paths and tags does not matter. */
export function groupPoints<Point extends Groupable>(
  points: readonly Point[],
  by: GroupedBy,
): readonly PointGroup<Point>[] {
  const groups = new Map<string, Point[]>();
  for (const point of points) {
    const key = JSON.stringify(keyOf(point, by));
    const group = groups.get(key) ?? [];
    group.push(point);
    groups.set(key, group);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [{ ...keyOf(first, by), points: group }];
  });
}

function keyOf({ hostname = '', paths, tags = [] }: Groupable, by: GroupedBy) {
  return {
    ...(by.host ? { hostname } : {}),
    ...(by.paths ? { paths: paths.toSorted() } : {}),
    ...(by.tags ? { tags: tags.toSorted() } : {}),
  };
}
