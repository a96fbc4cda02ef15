/** What a source is told of where it is opened, and who hears of it. */
export interface SourcePlace {
  /** The plan's; relative paths count from it. */
  readonly folder: string;
  readonly planId: string;
  readonly signal?: AbortSignal;
  /** Told every secret before it is used, so that no output shows it. */
  readonly hide: (secret: string) => void;
  /** Told what a person may want to know of the capture. */
  readonly note: (words: string) => void;
}
