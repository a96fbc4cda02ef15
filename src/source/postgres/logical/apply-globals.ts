/** Brings roles and tablespaces back before the databases that rely on them. */
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import type { PostgresConnection } from '../wire/connection.ts';
import { splitStatements } from './split-statements.ts';

export interface AppliedGlobals {
  readonly rolesMade: readonly string[];
  /** They keep their passwords and rights as they are there. */
  readonly rolesLeft: readonly string[];
}

const alreadyThere = '42710';
const isOfTablespace = /^(?:CREATE|ALTER|COMMENT ON) TABLESPACE |^(?:GRANT|REVOKE) .* ON TABLESPACE /s;
const createdRole = /^CREATE ROLE ("(?:[^"]|"")*"|\S+);$/;

/** Statement by statement; the first that fails stops it. A role that is there already is left as it is. */
export async function applyGlobals(
  connection: PostgresConnection,
  script: string,
  tablespaces: 'keep' | 'leave-out',
  signal?: AbortSignal,
): Promise<AppliedGlobals> {
  const made: string[] = [];
  const left: string[] = [];
  for (const statement of splitStatements(script)) {
    if (tablespaces === 'leave-out' && isOfTablespace.test(statement)) continue;
    // what follows about it would change the role that is there, its password among all
    if (left.some((role) => statement.startsWith(`ALTER ROLE ${role} `))) continue;
    const role = createdRole.exec(statement)?.[1];
    const isMade = await apply(connection, statement, role, signal);
    if (role !== undefined) (isMade ? made : left).push(role);
  }
  return { rolesMade: made, rolesLeft: left };
}

async function apply(
  connection: PostgresConnection,
  statement: string,
  role: string | undefined,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    await connection.query(statement, signal);
    return true;
  } catch (error) {
    if (!(error instanceof LifeboatError)) throw error;
    const { sqlstate } = error.details;
    if (role !== undefined && sqlstate === alreadyThere) return false;
    throw new LifeboatError(error.code, `roles and tablespaces cannot be brought back: ${error.message}`, {
      hint: 'Look at globals.sql of the recovery point. Tablespaces need their folders first; without them, leave tablespaces out.',
      details: { ...error.details, statement: withoutSecret(statement) },
      cause: error,
    });
  }
}

function withoutSecret(statement: string): string {
  return statement.replace(/PASSWORD '(?:[^']|'')*'/g, 'PASSWORD …');
}
