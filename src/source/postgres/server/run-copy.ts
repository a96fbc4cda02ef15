/** A restored copy on which a server runs, recovered to one place and then, when it is told to, to a later one. */
import { assert } from '../../../error/assert.ts';
import type { PlannedRecovery } from '../recovery/choose-recovery.ts';
import { type RecoveredCluster, type RecoveryOptions, recoverCluster } from '../recovery/recover-cluster.ts';
import { type ClusterProbe, probeCluster } from './probe-cluster.ts';

export interface CopyPlace
  extends Pick<
    RecoveryOptions,
    'data' | 'work' | 'programs' | 'user' | 'tablespaces' | 'superuser' | 'signal'
  > {
  readonly socket: string;
  /** Whose tables are asked. */
  readonly database: string;
}

export interface RunningCopy extends AsyncDisposable {
  readonly cluster: () => RecoveredCluster;
  /** `undefined` where going on has failed. */
  readonly probe: () => ClusterProbe | undefined;
  /**
   * Ends the server and recovers further. `opens`: the copy is opened for writing there. Raises what `recoverCluster`
   * raises; nothing can be asked then.
   */
  goOn(planned: PlannedRecovery, opens: boolean): Promise<{ readonly openMs: number }>;
}

export async function runCopy(place: CopyPlace, first: PlannedRecovery): Promise<RunningCopy> {
  let running: Run | undefined = await runOnce(place, first, undefined, false);
  const now = (): Run => {
    assert(running !== undefined, 'a copy that runs');
    return running;
  };
  return {
    cluster: () => now().cluster,
    probe: () => running?.probe,
    goOn: async (planned, opens) => {
      const { cluster, owned } = now();
      running = undefined;
      await owned.disposeAsync();
      running = await runOnce(place, planned, cluster.label, opens);
      return { openMs: running.openMs };
    },
    [Symbol.asyncDispose]: async () => {
      await running?.owned.disposeAsync();
    },
  };
}

interface Run {
  readonly cluster: RecoveredCluster;
  readonly probe: ClusterProbe;
  readonly openMs: number;
  readonly owned: AsyncDisposableStack;
}

async function runOnce(
  { database, ...place }: CopyPlace,
  { choice, target, log, histories }: PlannedRecovery,
  begun: RecoveryOptions['begun'],
  opens: boolean,
): Promise<Run> {
  await using owned = new AsyncDisposableStack();
  const cluster = owned.use(
    await recoverCluster({
      ...{ ...place, choice, target, log, histories, isDurable: false },
      ...(begun === undefined ? {} : { begun }),
    }),
  );
  const openMs = opens ? (await cluster.promote(place.signal)).openMs : 0;
  const { server } = cluster;
  const probe = owned.use(await probeCluster({ server, data: place.data, database, signal: place.signal }));
  return { cluster, probe, openMs, owned: owned.move() };
}
