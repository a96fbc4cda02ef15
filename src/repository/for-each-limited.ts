/**
 * At most `limit` at once. After the first failure nothing more is handed out, what is under way comes to its
 * end, so that nobody works on with what the caller has closed, and then the failure is raised.
 */
export async function forEachLimited<T>(
  items: Iterable<T>,
  limit: number,
  act: (item: T) => Promise<void>,
): Promise<void> {
  await forEachInLanes([items], limit, act);
}

/** As `forEachLimited` for several at once, with a limit for each; `act` hears which it is, from 0 on. */
export async function forEachInLanes<T>(
  lanes: readonly Iterable<T>[],
  limitOfEach: number,
  act: (item: T, lane: number) => Promise<void>,
): Promise<void> {
  let failed = false;
  const run = async (iterator: Iterator<T>, lane: number): Promise<void> => {
    for (let next = iterator.next(); !next.done && !failed; next = iterator.next()) {
      await act(next.value, lane).catch((error: unknown) => {
        failed = true;
        throw error;
      });
    }
  };
  const running = lanes.flatMap((items, lane) => {
    const iterator = items[Symbol.iterator]();
    return Array.from({ length: limitOfEach }, () => run(iterator, lane));
  });
  const results = await Promise.allSettled(running);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
