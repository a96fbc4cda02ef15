/** Rules about what a file reaches through others. */
import { isShipped, type Project, type Rule, type SourceFile, targetOf } from './project.ts';
import { forbiddenForRescue, roomOf } from './rooms.ts';

interface Edge {
  readonly to: string;
  readonly line: number;
  readonly typeOnly: boolean;
  /** A worker starts with a module graph of its own: it is reached, but makes no cycle. */
  readonly worker: boolean;
}

type Graph = ReadonlyMap<string, readonly Edge[]>;

export const noCycles: Rule = {
  name: 'imports make no cycle, not even of types',
  why: 'files in a cycle can only be understood, loaded and changed together; move what both need into a third file.',
  check: (project) => {
    const graph = withoutWorkers(graphOf(project));
    return components(graph)
      .filter((files) => files.length > 1 || selfImport(graph, files[0] ?? ''))
      .map((files) => {
        const inside = new Set(files);
        const edges = files.flatMap((file) => (graph.get(file) ?? []).filter((edge) => inside.has(edge.to)));
        const kind = edges.some((edge) => edge.typeOnly) ? ' (some of it types only)' : '';
        const first = [...files].sort()[0] ?? '';
        const line = (graph.get(first) ?? []).find((edge) => inside.has(edge.to))?.line ?? 1;
        return { path: first, line, message: `a cycle${kind}: ${[...files].sort().join(' ↔ ')}` };
      });
  },
};

export const breakGlass: Rule = {
  name: 'the rescue needs nothing that it rescues',
  why: 'on the day of the disaster there is a vault and a key and nothing else: no catalog, no queue, no server.',
  check: (project) => {
    const paths = reached(graphOf(project), 'src/rescue.ts');
    return [...paths].flatMap(([file, chain]) => {
      const room = roomOf(file)?.name;
      if (room === undefined || !forbiddenForRescue.includes(room)) return [];
      return [{ path: 'src/rescue.ts', line: 1, message: `reaches ${room}: ${chain.join(' → ')}` }];
    });
  },
};

function graphOf({ sources }: Project): Graph {
  return new Map(sources.filter(isShipped).map((file) => [file.path, edgesOf(file)]));
}

function edgesOf(file: SourceFile): Edge[] {
  return file.imports.flatMap((reference) => {
    const to = targetOf(file, reference);
    if (to === undefined) return [];
    return [{ to, line: reference.line, typeOnly: reference.typeOnly, worker: reference.kind === 'file' }];
  });
}

function withoutWorkers(graph: Graph): Graph {
  return new Map([...graph].map(([file, edges]) => [file, edges.filter((edge) => !edge.worker)]));
}

function selfImport(graph: Graph, file: string): boolean {
  return (graph.get(file) ?? []).some((edge) => edge.to === file);
}

/** Files that reach each other: two files are together when each is reached from the other. */
function components(graph: Graph): string[][] {
  const reach = new Map([...graph.keys()].map((file) => [file, reached(graph, file)]));
  const done = new Set<string>();
  return [...graph.keys()].flatMap((file) => {
    if (done.has(file)) return [];
    const together = [...graph.keys()].filter(
      (other) => reach.get(file)?.has(other) && reach.get(other)?.has(file),
    );
    for (const other of together) done.add(other);
    return together.length === 0 ? [] : [together];
  });
}

/** Every file reached from `start`, with the chain of files that leads there. */
function reached(graph: Graph, start: string): Map<string, readonly string[]> {
  const chains = new Map<string, readonly string[]>();
  const queue: (readonly string[])[] = [[start]];
  for (let chain = queue.shift(); chain !== undefined; chain = queue.shift()) {
    for (const edge of graph.get(chain.at(-1) ?? '') ?? []) {
      if (chains.has(edge.to)) continue;
      chains.set(edge.to, [...chain, edge.to]);
      queue.push([...chain, edge.to]);
    }
  }
  return chains;
}
