/** Whether a backup of a database is a logical dump: by the method that the plan names, or by the program. */
import type { PlanPath } from '../plan-path.ts';
import type { ResolvedBackup, ResolvedSystem } from '../resolved-plan.ts';
import { systemPlace } from './system-place.ts';

export interface Dump {
  /** What makes it one: `mysqldump`, or `the method "logical"`. */
  readonly words: string;
  readonly at: PlanPath;
  readonly engine: 'postgres' | 'mysql';
}

const postgresTools = /(?:^|[\s/;&|])(pg_dump|pg_dumpall)(?![\w.-])/;
const mysqlTools = /(?:^|[\s/;&|])(mysqldump|mariadb-dump|mysqlpump|mydumper)(?![\w.-])/;

/** Of one line of backups, which may differ from its source; of the source itself when no line is given. */
export function dumpOf(system: ResolvedSystem, line?: ResolvedBackup): Dump | undefined {
  const { name, source } = system;
  const ofLine = systemPlace(name, 'backups', line?.name ?? '');
  const byTool = toolDump(line?.tool, [...ofLine, 'tool']);
  if (byTool !== undefined) return byTool;
  if (source?.kind === 'command') {
    const words = typeof source.run === 'string' ? source.run : source.run.join(' ');
    return toolDump(words, systemPlace(name, 'source', 'run'));
  }
  if (source?.kind !== 'postgres' && source?.kind !== 'mysql') return undefined;
  if (line?.method !== undefined) return methodDump(line.method, [...ofLine, 'method'], source.kind);
  return (
    toolDump(source.tool, systemPlace(name, 'source', 'tool')) ??
    methodDump(source.method, systemPlace(name, 'source', 'method'), source.kind)
  );
}

function toolDump(tool: string | undefined, at: PlanPath): Dump | undefined {
  const postgres = postgresTools.exec(tool ?? '')?.[1];
  if (postgres !== undefined) return { words: postgres, at, engine: 'postgres' };
  const mysql = mysqlTools.exec(tool ?? '')?.[1];
  return mysql === undefined ? undefined : { words: mysql, at, engine: 'mysql' };
}

function methodDump(
  method: 'physical' | 'logical' | 'snapshot',
  at: PlanPath,
  engine: Dump['engine'],
): Dump | undefined {
  return method === 'logical' ? { words: 'the method "logical"', at, engine } : undefined;
}
