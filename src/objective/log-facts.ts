/** What is known of the log of a system: what makes moments after the newest point reachable. */
export interface LogFacts {
  /**
   * Everything that was committed by then can be recovered, from a point that was read back and the log of one vault:
   * milliseconds since the epoch. Absent: nothing can be said, and `trouble` tells why.
   */
  readonly untilMs?: number;
  /** That vault. */
  readonly vault?: string;
  /** Commits wait until their log is durable, and with every vault that they may wait for they can be recovered. */
  readonly isProtected: boolean;
  /** What is wrong with the log now: lower-case, without full stop, with a command line. */
  readonly trouble?: { readonly reason: string; readonly nextAction: string };
}
