/** Everything that trees lead to, each tree once. */
import type { BlobName } from '../repair-types.ts';
import type { Node } from '../tree/node.ts';

/** `load` gives `undefined` for a tree that nobody can read; it is named by `needs` all the same. */
export async function walkNeeded(
  roots: readonly string[],
  load: (id: string) => Promise<readonly Node[] | undefined>,
  needs: (blob: BlobName) => void,
  signal?: AbortSignal,
): Promise<void> {
  const seen = new Set<string>();
  const data = new Set<string>();
  const stack = [...roots];
  const need = (id: string): void => {
    if (data.has(id)) return;
    data.add(id);
    needs({ type: 'data', id });
  };
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    signal?.throwIfAborted();
    needs({ type: 'tree', id });
    for (const node of (await load(id)) ?? []) {
      if (node.subtree !== undefined) stack.push(node.subtree);
      node.content?.forEach(need);
    }
  }
}
