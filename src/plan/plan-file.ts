/** One of the files that make up a plan. */
export interface PlanFile {
  /** As people should see it: the main one as it was named, the others relative to the same folder. */
  readonly fileName: string;
  readonly text: string;
}
