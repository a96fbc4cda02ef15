/** Lets work in, piece by piece, and can be closed: then who is inside leaves at the next opportunity, and nobody comes in. */
export class Turnstile {
  #inside = 0;
  #closed: PromiseWithResolvers<void> | undefined;
  #empty: PromiseWithResolvers<void> | undefined;

  /** Whoever is inside should leave and enter again. */
  get isClosed(): boolean {
    return this.#closed !== undefined;
  }

  async enter(): Promise<void> {
    while (this.#closed) await this.#closed.promise;
    this.#inside++;
  }

  leave(): void {
    this.#inside--;
    if (this.#inside === 0) this.#empty?.resolve();
  }

  /** Resolves when nobody is inside any more. */
  async close(): Promise<void> {
    this.#closed ??= Promise.withResolvers<void>();
    if (this.#inside === 0) return;
    this.#empty = Promise.withResolvers<void>();
    await this.#empty.promise;
  }

  open(): void {
    this.#closed?.resolve();
    this.#closed = undefined;
    this.#empty = undefined;
  }
}
