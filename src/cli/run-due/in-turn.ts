/** One after the other: what reads, decides and writes must not be overtaken by its like. */
export type InTurn = <T>(act: () => Promise<T>) => Promise<T>;

/** A call that fails keeps no later one from its turn. */
export function inTurn(): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return async (act) => {
    const turn = last.then(act, act);
    last = turn.catch(() => undefined);
    return await turn;
  };
}
