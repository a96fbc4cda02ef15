/** What five real disaster-recovery plans ask for, row by row: the measure of what the plan's language must express. */
import fs from 'node:fs';
import path from 'node:path';

export interface AskedFor {
  /** The area, then a number: `A1`. */
  readonly id: string;
  readonly asks: string;
  /** The folders in `examples/` of those who asked for it. */
  readonly plans: readonly string[];
}

/** The areas by their letter. */
export const areas: Readonly<Record<string, string>> = {
  A: 'Plan and document metadata',
  B: 'Inventory: what has to be protected',
  C: 'Objectives',
  D: 'Backup schedules and methods',
  E: 'Targets and storage',
  F: 'Retention',
  G: 'Security of backups',
  H: 'Backup verification',
  I: 'Procedures and runbooks',
  J: 'Disaster scenarios',
  K: 'Failover and high availability',
  L: 'Drills and tests',
  M: 'Monitoring and alerts',
  N: 'Communication',
  O: 'Contacts and escalation',
  P: 'Incident and recovery records',
  Q: 'Compliance and audit',
  R: 'Readiness checklist',
  S: 'Budget',
};

/** The rows of `asked-for.tsv`. */
export function askedFor(): readonly AskedFor[] {
  const text = fs.readFileSync(path.join(import.meta.dirname, 'asked-for.tsv'), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [id = '', plans = '', asks = ''] = line.split('\t');
      return { id, asks, plans: plans.split(',') };
    });
}
