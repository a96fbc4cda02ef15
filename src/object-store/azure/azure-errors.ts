/** What Azure's refusals and the failures of the network on the way to it mean. */
import type { ErrorCode } from '../../error/codes.ts';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { nowMs } from '../../platform/clock.ts';
import { objectCold, objectMissing, objectRetained } from '../object-errors.ts';

export interface AzureRequest {
  /** Reads like "read data/ab/cd". */
  readonly doing: string;
  readonly key?: string;
  readonly location: string;
  /** When the SAS ends that was used: milliseconds since the epoch. */
  readonly sasEndsMs?: number | undefined;
}

interface Refusal {
  /** Absent when no answer came. */
  readonly status: number | undefined;
  /** Azure's own name for it, or the system's. */
  readonly name: string;
  /** The first line of what was said, which holds no secret. */
  readonly words: string;
  /** By the clock of the store. */
  readonly storeMs: number | undefined;
}

/** Azure refuses requests that are older, and accepts no signature from the future. */
const clockSkewMsMax = 10 * 60 * 1000;

/**
 * To be thrown. What is ours already comes back as it is. Neither the message nor the cause holds an address
 * with its query, because that may be a SAS.
 */
export function azureError(error: unknown, request: AzureRequest): LifeboatError {
  if (error instanceof LifeboatError) return error;
  const refusal = refusalOf(error);
  return objectError(refusal, request) ?? otherError(refusal, request);
}

/** Azure's name for what went wrong, where it answered at all. */
export function azureErrorName(error: unknown): string | undefined {
  const { status, name } = refusalOf(error);
  return status === undefined ? undefined : name;
}

function objectError(refusal: Refusal, { key, location }: AzureRequest): LifeboatError | undefined {
  const { status, name } = refusal;
  if (key === undefined) return undefined;
  const cause = causeOf(refusal);
  if (status === 404 && /^(BlobNotFound|ResourceNotFound)$/.test(name)) {
    return objectMissing(key, location, cause);
  }
  if (name === 'BlobArchived' || name === 'BlobBeingRehydrated') return objectCold(key, location, cause);
  if (/^BlobImmutable|LegalHold/.test(name)) return objectRetained(key, location, undefined, cause);
  return undefined;
}

interface Meaning {
  readonly code: ErrorCode;
  readonly hint: string;
  readonly retryable?: true;
}

const unavailable: Meaning = {
  code: 'STORE_UNAVAILABLE',
  hint: 'Check the network and the state of the storage account, then run the command again.',
  retryable: true,
};
const denied: Meaning = {
  code: 'STORE_DENIED',
  hint: 'Check the account key or SAS: that it belongs to this account, has not expired, and permits this.',
};
const clock: Meaning = {
  code: 'STORE_DENIED',
  hint: "Set this machine's clock: it differs from Azure's by more than ten minutes, so signatures are refused.",
};
const createsOnly: Meaning = {
  code: 'STORE_DENIED',
  hint: 'These credentials can create blobs and replace none; set append_only for this vault.',
};
const ended = (sasEndsMs: number): Meaning => ({
  code: 'STORE_DENIED',
  hint: `The SAS expired at ${new Date(sasEndsMs).toISOString()}: make a new one, and give it in place of the old one.`,
});
const noLogin: Meaning = {
  code: 'STORE_DENIED',
  hint: 'Set AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN, or give this machine a managed identity.',
};
const noContainer: Meaning = {
  code: 'STORE_UNAVAILABLE',
  hint: 'Correct the name, or make it with `az storage container create --name CONTAINER`.',
};
const notAzure: Meaning = {
  code: 'STORE_UNAVAILABLE',
  hint: 'Check the endpoint: what answers there is not the blob service of a storage account.',
};
const untrusted: Meaning = {
  code: 'STORE_UNAVAILABLE',
  hint: "Check the endpoint's certificate; NODE_EXTRA_CA_CERTS names authorities of your own.",
};
const notOffered: Meaning = {
  code: 'STORE_UNFIT',
  hint: 'Turn on versions and version-level immutability for the container, or take another kind of account.',
};
const refused: Meaning = {
  code: 'STORE_UNAVAILABLE',
  hint: 'Look the name of the error up in the documentation of Azure Blob Storage.',
};

const meaningByName: Readonly<Record<string, Meaning>> = {
  ContainerNotFound: noContainer,
  ContainerDisabled: noContainer,
  ContainerBeingDeleted: unavailable,
  UnauthorizedBlobOverwrite: createsOnly,
  // sent on a body that was changed on its way; the emulator has a name of its own
  Md5Mismatch: unavailable,
  Crc64Mismatch: unavailable,
  InvalidOperation: unavailable,
  IncompleteBody: unavailable,
  // another writer's blob of the same name was finished first and took the blocks away
  InvalidBlockList: unavailable,
  NotImplemented: notOffered,
  APINotImplemented: notOffered,
  FeatureNotSupportedForAccount: notOffered,
  BlobAccessTierNotSupportedForAccountType: notOffered,
  CredentialUnavailableError: noLogin,
  AggregateAuthenticationError: noLogin,
  AuthenticationRequiredError: noLogin,
  AuthenticationError: noLogin,
};

function otherError(refusal: Refusal, { doing, location, sasEndsMs }: AzureRequest): LifeboatError {
  const { code, hint, retryable } = meaningOf(refusal, sasEndsMs);
  const said = [refusal.name, refusal.status].filter((part) => part !== undefined && part !== '').join(', ');
  return new LifeboatError(code, `could not ${doing} in ${location}: ${said || refusal.words}`, {
    hint,
    retryable: retryable ?? false,
    details: { location, azureError: refusal.name, status: refusal.status },
    cause: causeOf(refusal),
  });
}

function meaningOf({ status, name, storeMs }: Refusal, sasEndsMs: number | undefined): Meaning {
  const named = meaningByName[name];
  if (named !== undefined) return named;
  if (status === undefined) return /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO/.test(name) ? untrusted : unavailable;
  if (status === 401 || status === 403) return denialOf(storeMs, sasEndsMs);
  if (status === 501) return notOffered;
  if (status >= 500 || status === 408 || status === 429) return unavailable;
  if (status === 404) return notAzure;
  return refused;
}

function denialOf(storeMs: number | undefined, sasEndsMs: number | undefined): Meaning {
  // by the clock of the store, whose word it is; ours may be what is wrong
  if (sasEndsMs !== undefined && sasEndsMs <= (storeMs ?? nowMs())) return ended(sasEndsMs);
  return storeMs !== undefined && Math.abs(nowMs() - storeMs) > clockSkewMsMax ? clock : denied;
}

/** The parts of the library's `RestError` that are used; `code` is Azure's name, or the system's. */
interface RestFailure {
  readonly statusCode?: unknown;
  readonly code?: unknown;
  readonly name?: unknown;
  readonly message?: unknown;
  readonly response?: { readonly headers?: { get(name: string): string | undefined } };
}

function refusalOf(error: unknown): Refusal {
  const failure: RestFailure = error instanceof Error ? error : {};
  const { statusCode, code, response } = failure;
  const isAnswer = typeof statusCode === 'number' && statusCode >= 400;
  const header = isAnswer ? response?.headers?.get('x-ms-error-code') : undefined;
  const fallback = /Credential|Authentication/.test(String(failure.name)) ? String(failure.name) : '';
  const date = Date.parse(response?.headers?.get('date') ?? '');
  return {
    status: isAnswer ? statusCode : undefined,
    name: header ?? (typeof code === 'string' && fallback === '' ? code : fallback),
    words: error instanceof TypeError ? unreadable : wordsOf(failure.message) || unreadable,
    storeMs: isAnswer && Number.isFinite(date) ? date : undefined,
  };
}

/** The library stumbles over answers without what it looks for. */
const unreadable = 'what answered cannot be read as an answer of Azure';
const wordsMax = 200;

/** Azure's messages go on with request ids, and the library's with addresses. */
function wordsOf(message: unknown): string {
  const [first = ''] = String(message ?? '').split('\n');
  return first
    .replace(/\bhttps?:\/\/\S+/g, '(address)')
    .replace(/\b(sig|AccountKey)=\S+/gi, '$1=…')
    .slice(0, wordsMax);
}

/** Without the library's request, which holds the address and the headers. */
function causeOf({ name, words }: Refusal): Error {
  return new Error(words || name);
}
