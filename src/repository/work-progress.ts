/** How far a long work is, for progress bars. */
export interface WorkProgress {
  readonly phase: string;
  readonly doneFiles: number;
  readonly doneBytes: number;
  /** Absent while not known. */
  readonly totalFiles?: number;
  readonly totalBytes?: number;
}
