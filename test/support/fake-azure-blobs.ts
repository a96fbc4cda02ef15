/**
 * What an Azure container with versions and version-level immutability does, as Microsoft documents it: a put makes a
 * new version; a delete makes the current version an earlier one; a version under a policy or hold cannot be deleted;
 * a locked policy is never shortened; a blob that leaves the archive stays unreadable for hours.
 */

export interface FakeBlob {
  readonly name: string;
  readonly versionId: string;
  readonly bytes: Buffer;
  readonly md5: string | undefined;
  readonly modifiedMs: number;
  isCurrent: boolean;
  tier: string;
  rehydration: { readonly tier: string; readonly priority: string; readonly readyMs: number } | undefined;
  policy: { readonly untilMs: number; readonly mode: string } | undefined;
  legalHold: boolean;
}

export class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

const hourMs = 3_600_000;

export class FakeBlobs {
  #blobs: FakeBlob[] = [];
  #made = 0;
  /** The clock of the account. */
  aheadMs = 0;

  nowMs(): number {
    return Date.now() + this.aheadMs;
  }

  put(
    name: string,
    bytes: Buffer,
    given: Pick<FakeBlob, 'md5' | 'tier' | 'policy'>,
    createOnly: boolean,
  ): FakeBlob {
    const current = this.#current(name);
    if (current !== undefined && createOnly) throw new Refusal(409, 'BlobAlreadyExists');
    if (current !== undefined) current.isCurrent = false;
    this.#made += 1;
    const second = new Date(this.nowMs()).toISOString().slice(0, 19);
    const versionId = `${second}.${String(this.#made).padStart(7, '0')}Z`;
    const modifiedMs = this.nowMs();
    const state = { isCurrent: true, rehydration: undefined, legalHold: false };
    const blob: FakeBlob = { name, versionId, bytes, modifiedMs, ...given, ...state };
    this.#blobs.push(blob);
    return blob;
  }

  find(name: string, versionId: string | null): FakeBlob {
    const found =
      versionId === null
        ? this.#current(name)
        : this.#blobs.find((blob) => blob.name === name && blob.versionId === versionId);
    if (found === undefined) throw new Refusal(404, 'BlobNotFound');
    const { rehydration } = found;
    if (rehydration !== undefined && rehydration.readyMs <= this.nowMs()) {
      found.tier = rehydration.tier;
      found.rehydration = undefined;
    }
    return found;
  }

  read(name: string, versionId: string | null): FakeBlob {
    const found = this.find(name, versionId);
    if (found.rehydration !== undefined) throw new Refusal(409, 'BlobBeingRehydrated');
    if (found.tier === 'Archive') throw new Refusal(409, 'BlobArchived');
    return found;
  }

  delete(name: string, versionId: string | null): void {
    const found = this.find(name, versionId);
    if (versionId === null) {
      found.isCurrent = false;
      return;
    }
    if (found.isCurrent) throw new Refusal(403, 'OperationNotAllowedOnRootBlob');
    this.#checkMutable(found);
    this.#blobs = this.#blobs.filter((blob) => blob !== found);
  }

  setTier(name: string, tier: string, priority: string): number {
    const found = this.find(name, null);
    if (found.tier !== 'Archive' || tier === 'Archive') {
      found.tier = tier;
      return 200;
    }
    const readyMs = this.nowMs() + (priority === 'High' ? hourMs : 15 * hourMs);
    found.rehydration = { tier, priority, readyMs };
    return 202;
  }

  setPolicy(name: string, policy: NonNullable<FakeBlob['policy']>): void {
    const found = this.find(name, null);
    const isLocked = found.policy?.mode === 'Locked';
    if (isLocked && (policy.mode !== 'Locked' || policy.untilMs < (found.policy?.untilMs ?? 0))) {
      throw new Refusal(409, 'BlobImmutableDueToPolicy');
    }
    found.policy = policy;
  }

  setLegalHold(name: string, isHeld: boolean): void {
    this.find(name, null).legalHold = isHeld;
  }

  /** In the order of Azure: by name, the oldest version first. */
  list(prefix: string, withVersions: boolean): readonly FakeBlob[] {
    return this.#blobs
      .filter(({ name, isCurrent }) => name.startsWith(prefix) && (isCurrent || withVersions))
      .sort((a, b) => (`${a.name}\0${a.versionId}` < `${b.name}\0${b.versionId}` ? -1 : 1));
  }

  #current(name: string): FakeBlob | undefined {
    return this.#blobs.find((blob) => blob.name === name && blob.isCurrent);
  }

  #checkMutable({ policy, legalHold }: FakeBlob): void {
    if (legalHold || (policy !== undefined && policy.untilMs > this.nowMs())) {
      throw new Refusal(409, 'BlobImmutableDueToPolicy');
    }
  }
}
