/**
 * Files of the log that a server hands over (`archive_command`) and asks for (`restore_command`), against all vaults that
 * hold its log. A file counts as taken when it is durable in as many of them as the plan says, and as absent when every
 * one of them says so.
 */
import { hasCode, LifeboatError } from '../../error/lifeboat-error.ts';
import { joinLogs } from '../../log-archive/join-logs.ts';
import type { OpenLog } from '../../log-archive/open-log-archive.ts';
import type { Vault } from '../../vault/vault.ts';
import type { FoundLogFile, LogTools } from './log-tools.ts';

export interface WalGround {
  readonly system: string;
  readonly vaults: readonly WalVault[];
  /** In how many vaults a file must be durable before it is taken. */
  readonly copies: number;
  /** The cluster whose log it is, where that is known: files of another one are refused. */
  readonly expected?: string | undefined;
  readonly tools: Pick<LogTools, 'readLogFile' | 'findLogFile'>;
}

export interface WalVault {
  readonly name: string;
  /** Raises what opening a vault raises; is asked for every file. */
  readonly open: () => Promise<Pick<Vault, 'log' | 'logs'>>;
}

/** What is known beside a file of the cluster that it is of: its identifier, from its own files. */
export type ClusterHint = string | undefined;

/**
 * Durable when it resolves. Raises SOURCE_INVALID, LOG_CONFLICT, and what the vaults raise when too few of them took it.
 */
export async function putLogFile(
  { system, vaults, copies, expected, tools }: WalGround,
  { name, bytes, cluster }: { readonly name: string; readonly bytes: Buffer; readonly cluster: ClusterHint },
  signal: AbortSignal,
): Promise<void> {
  const store = tools.readLogFile(name, bytes);
  if (store === undefined) return;
  const incarnation = store.incarnation ?? cluster ?? expected ?? (await onlyCluster(system, vaults, signal));
  const wanted = [cluster, expected].find((each) => each !== undefined && each !== incarnation);
  if (wanted !== undefined) throw otherCluster(name, incarnation, wanted);
  const results = await Promise.allSettled(
    vaults.map(async ({ open }) => await store.into((await open()).log({ system, incarnation }), signal)),
  );
  signal.throwIfAborted();
  const failures = results.flatMap((result) =>
    result.status === 'rejected' ? [faultOf(result.reason)] : [],
  );
  // disagreement is told of, however many agree
  const conflict = failures.find((error) => hasCode(error, 'LOG_CONFLICT'));
  if (conflict !== undefined) throw conflict;
  const [failure] = failures;
  if (failure !== undefined && results.length - failures.length < copies) throw failure;
}

/** Raises LOG_GAP, and what a vault raises that cannot be read while the others have no such file. */
export async function getLogFile(
  { system, vaults, expected, tools }: WalGround,
  { name, cluster }: { readonly name: string; readonly cluster: ClusterHint },
  signal: AbortSignal,
): Promise<FoundLogFile> {
  const incarnation = cluster ?? expected ?? (await onlyCluster(system, vaults, signal));
  const logs: { readonly name: string; readonly log: OpenLog }[] = [];
  let trouble: LifeboatError | undefined;
  for (const { name: vault, open } of vaults) {
    try {
      logs.push({ name: vault, log: (await open()).log({ system, incarnation }) });
    } catch (error) {
      trouble = faultOf(error);
    }
  }
  const note = (_: string, error: LifeboatError): void => {
    trouble = error;
  };
  const joined = await joinLogs({ system, incarnation }, logs, note, signal);
  try {
    const found = await tools.findLogFile(joined, name, signal);
    if (found.kind === 'absent' && trouble !== undefined) throw notKnown(name, trouble);
    return found;
  } catch (error) {
    throw hasCode(error, 'LOG_GAP') && trouble !== undefined ? notKnown(name, trouble) : error;
  }
}

async function onlyCluster(
  system: string,
  vaults: readonly WalVault[],
  signal: AbortSignal,
): Promise<string> {
  const found = new Set<string>();
  for (const { open } of vaults)
    for (const each of await (await open()).logs(signal))
      if (each.system === system) found.add(each.incarnation);
  const [only] = found;
  if (only !== undefined && found.size === 1) return only;
  throw new LifeboatError(
    'USAGE',
    `nothing tells which cluster of ${system} is meant: the vaults hold logs of ${found.size}`,
    {
      hint: 'Run the program in the data directory, as the server does, or name the cluster with --cluster.',
    },
  );
}

function faultOf(error: unknown): LifeboatError {
  if (error instanceof LifeboatError && error.code !== 'ASSERTION') return error;
  throw error;
}

function otherCluster(name: string, found: string, cluster: string): LifeboatError {
  return new LifeboatError('SOURCE_INVALID', `${name} is of the cluster ${found}, not of ${cluster}`, {
    hint: 'See which server it is. To go on with another cluster, name it in the plan: source.cluster.',
  });
}

/** "Not there" would end a recovery too early. */
function notKnown(name: string, cause: LifeboatError): LifeboatError {
  return new LifeboatError(
    'STORE_UNAVAILABLE',
    `whether there is a file ${name} is not known: ${cause.message}`,
    {
      hint: 'Bring the vault back, or name with --vault the one that is to be believed alone.',
      retryable: true,
      cause,
    },
  );
}
