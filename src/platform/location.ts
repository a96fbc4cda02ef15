/** Where the files beside a module are, both when run from source (`.ts`) and when compiled (`.js`). */

/** `siblingModule(import.meta.url, './hash-worker')`: the worker beside the caller, with the caller's ending. */
export function siblingModule(callerUrl: string, nameWithoutEnding: string): URL {
  const ending = callerUrl.endsWith('.ts') ? '.ts' : '.js';
  return new URL(nameWithoutEnding + ending, callerUrl);
}

/** `siblingFile(import.meta.url, './chunker.wasm')`: files that are not modules keep their name when packed. */
export function siblingFile(callerUrl: string, name: string): URL {
  return new URL(name, callerUrl);
}
