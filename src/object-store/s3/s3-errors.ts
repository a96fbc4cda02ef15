/** What the refusals of S3 servers mean. */
import type { ErrorCode } from '../../error/codes.ts';
import { LifeboatError, systemErrorName } from '../../error/lifeboat-error.ts';

interface Meaning {
  readonly code: ErrorCode;
  readonly says: string;
  readonly hint: string;
  readonly retryable?: true;
}

const unavailable = (says: string): Meaning => ({
  code: 'STORE_UNAVAILABLE',
  says,
  hint: 'Check the network and the state of the service, then run the command again.',
  retryable: true,
});
const badKeys: Meaning = {
  code: 'STORE_DENIED',
  says: 'the store does not know these credentials, or their secret is wrong',
  hint: 'Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, the profile, or `credentials` in the plan.',
};
const expired: Meaning = {
  code: 'STORE_DENIED',
  says: 'the credentials have expired',
  hint: 'Sign in again, or renew the session token.',
};
const denied: Meaning = {
  code: 'STORE_DENIED',
  says: 'the store does not allow it to these credentials',
  hint: 'Check what their policy allows on this bucket and prefix.',
};
const otherRegion: Meaning = {
  code: 'STORE_DENIED',
  says: 'the bucket is in another region, or at another endpoint',
  hint: 'Set the region of the bucket with AWS_REGION, or with `region` in the plan.',
};
const skewed: Meaning = {
  code: 'STORE_DENIED',
  says: "the clocks of this machine and of the store differ by more than the store's signatures allow",
  hint: 'Set the clock of this machine right, for example by NTP.',
};
const noBucket: Meaning = {
  code: 'STORE_UNAVAILABLE',
  says: 'the bucket does not exist',
  hint: 'Check the name of the bucket, the endpoint and the account, or create the bucket first.',
};
const cold: Meaning = {
  code: 'OBJECT_COLD',
  says: 'the object lies in an archive class',
  hint: 'Thaw it first; a restore that is previewed lists what must be thawed.',
};
const retained: Meaning = {
  code: 'OBJECT_RETAINED',
  says: 'object lock keeps it',
  hint: 'Wait until its retention is over, or take its legal hold away.',
};
const unfit: Meaning = {
  code: 'STORE_UNFIT',
  says: 'this S3 server does not offer it',
  hint: 'Use a server that does, or take the setting away that asks for it. `lifeboat vault check` says what it offers.',
};
const noLock: Meaning = {
  code: 'STORE_UNFIT',
  says: 'the bucket was made without object lock',
  hint: 'Make the vault in a bucket with object lock, or take `immutability` out of the plan.',
};
const damagedOnItsWay = unavailable('the body did not arrive as it was sent');

const unknown: Meaning = {
  code: 'STORE_UNAVAILABLE',
  says: 'the request failed',
  hint: 'Check the settings of the store; run it again with --debug to see more.',
};

const byName: Readonly<Record<string, Meaning>> = {
  InvalidAccessKeyId: badKeys,
  SignatureDoesNotMatch: badKeys,
  InvalidClientTokenId: badKeys,
  CredentialsProviderError: {
    code: 'STORE_DENIED',
    says: 'there are no credentials for the store',
    hint: 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or `credentials` in the plan.',
  },
  ExpiredToken: expired,
  ExpiredTokenException: expired,
  TokenRefreshRequired: expired,
  TokenProviderError: expired,
  InvalidToken: badKeys,
  RequestTimeTooSkewed: skewed,
  RequestExpired: skewed,
  NoSuchBucket: noBucket,
  PermanentRedirect: otherRegion,
  TemporaryRedirect: otherRegion,
  AuthorizationHeaderMalformed: otherRegion,
  IllegalLocationConstraintException: otherRegion,
  InvalidObjectState: cold,
  NotImplemented: unfit,
  MethodNotAllowed: unfit,
  XNotImplemented: unfit,
  InvalidStorageClass: unfit,
  ObjectLockConfigurationNotFoundError: noLock,
  BadDigest: damagedOnItsWay,
  InvalidDigest: damagedOnItsWay,
  XAmzContentSHA256Mismatch: damagedOnItsWay,
  IncompleteBody: damagedOnItsWay,
  InternalError: unavailable('the store failed inside'),
  OperationAborted: unavailable('another operation on the object was under way'),
  ConditionalRequestConflict: unavailable('another operation on the object was under way'),
  RequestTimeout: unavailable('the store waited too long for the body'),
  SlowDown: unavailable('the store asks for fewer requests'),
  ServiceUnavailable: unavailable('the store asks for fewer requests'),
  Throttling: unavailable('the store asks for fewer requests'),
  ThrottlingException: unavailable('the store asks for fewer requests'),
  TooManyRequestsException: unavailable('the store asks for fewer requests'),
};

/** Nobody has to do anything but look at the certificate. */
const untrusted =
  /^(?:CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_(?:GET|VERIFY)|HOSTNAME_MISMATCH|EPROTO)/;

/**
 * The error to throw for what the client threw; `doing` reads like "read data/ab/cd". Errors of our own come back as they
 * are.
 */
export function s3Error(cause: unknown, doing: string, location: string): unknown {
  if (cause instanceof LifeboatError || !(cause instanceof Error)) return cause;
  const { code, says, hint, retryable = false } = meaningOf(cause);
  return new LifeboatError(code, `could not ${doing} in ${location}: ${says} (${shortName(cause)})`, {
    hint,
    retryable,
    details: { location, s3Error: shortName(cause), status: statusOf(cause) },
    ...(saysSomething(cause) ? { cause: withoutSecrets(cause) } : {}),
  });
}

export function isNamed(error: unknown, ...names: readonly string[]): boolean {
  return error instanceof Error && names.includes(error.name);
}

/** The status of the answer; absent when there was none. */
export function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined;
  const { $metadata: metadata } = error;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}

function meaningOf(error: Error): Meaning {
  if (error.name === 'AccessDenied' && /object lock|WORM|protected/i.test(error.message)) return retained;
  if (error.name === 'InvalidRequest' && /object ?lock/i.test(error.message)) return noLock;
  if (/region is missing/i.test(error.message)) {
    return { ...otherRegion, code: 'CONFIG_INVALID', says: 'no region is set' };
  }
  const known = Object.hasOwn(byName, error.name) ? byName[error.name] : undefined;
  return known ?? ofStatus(statusOf(error)) ?? ofConnection(error) ?? unknown;
}

function ofStatus(status: number | undefined): Meaning | undefined {
  if (status === undefined || status < 300) return undefined;
  if (status >= 500 && status !== 501) return unavailable('the store failed');
  if (status === 429 || status === 408) return unavailable('the store asks for fewer requests');
  if (status === 501 || status === 405) return unfit;
  if (status < 400) return otherRegion;
  return status === 401 || status === 403 ? denied : { ...denied, says: 'the store refuses the request' };
}

function ofConnection(error: Error): Meaning | undefined {
  const name = systemErrorName(error);
  if (name !== undefined && untrusted.test(name)) {
    return {
      code: 'STORE_UNAVAILABLE',
      says: 'no trusted encrypted connection comes about',
      hint: 'Check the certificate of the server; NODE_EXTRA_CA_CERTS names a file with further authorities.',
    };
  }
  if (name === 'ENOTFOUND' || name === 'EAI_AGAIN') return unavailable('the name of the server is not known');
  if (error.name === 'TimeoutError' || name === 'ETIMEDOUT') return unavailable('the store does not answer');
  if (name === 'ECONNREFUSED') return unavailable('nothing listens at that address');
  if (name !== undefined && /^(?:E[A-Z]+|ERR_STREAM_|ERR_SOCKET|HPE_)/.test(name)) {
    return unavailable('the connection broke');
  }
  // The client's word for an answer that it cannot read, such as a page of some proxy.
  return /deserializ|parse|socket hang up|aborted|premature/i.test(error.message)
    ? unavailable('the answer of the store cannot be read')
    : undefined;
}

/** Servers and what stands before them quote headers: a token of a session is one, and so is a signature. */
const quoted = /((?:x-amz-security-token|security-?token|authorization|signature)["']?\s*[:=]\s*["']?).*/gi;

function withoutSecrets(error: Error): Error {
  const words = error.message.replace(quoted, '$1…');
  return words === error.message ? error : new Error(words);
}

/** Answers to HEAD have no body, and what is no XML gives words for programmers. */
function saysSomething({ message }: Error): boolean {
  return message !== '' && !/^(?:UnknownError|char .* is not expected|@aws-sdk .* error)/.test(message);
}

/** The server's own word for it; messages may quote headers and stay out. */
function shortName(error: Error): string {
  const name = systemErrorName(error) ?? error.name;
  if (/^[A-Za-z0-9_]{3,60}$/.test(name) && !/^(?:Error|Unknown|UnknownError)$/.test(name)) return name;
  return `HTTP ${statusOf(error) ?? 'without an answer'}`;
}
