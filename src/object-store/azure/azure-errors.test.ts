import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '../../error/lifeboat-error.ts';
import { nowMs } from '../../platform/clock.ts';
import { azureError } from './azure-errors.ts';

const request = { doing: 'read data/ab', key: 'data/ab', location: 'azure://shop/vault' };

interface Answer {
  readonly statusCode?: number;
  readonly code?: string;
  readonly name?: string;
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** As the library raises it. */
function said({ headers = {}, message = 'refused', ...rest }: Answer): Error {
  const response = { headers: new Map(Object.entries(headers)) };
  return Object.assign(new Error(message), rest, { response });
}

const cases: readonly (readonly [
  string,
  Answer,
  { readonly code: string; readonly retryable: boolean; readonly hint?: RegExp },
])[] = [
  [
    'a blob that is not there',
    { statusCode: 404, code: 'BlobNotFound' },
    { code: 'OBJECT_MISSING', retryable: false },
  ],
  [
    'a HEAD of it',
    { statusCode: 404, headers: { 'x-ms-error-code': 'BlobNotFound' } },
    { code: 'OBJECT_MISSING', retryable: false },
  ],
  [
    'a page of somebody else',
    { statusCode: 404 },
    { code: 'STORE_UNAVAILABLE', retryable: false, hint: /endpoint/ },
  ],
  [
    'a container that is not there',
    { statusCode: 404, code: 'ContainerNotFound' },
    { code: 'STORE_UNAVAILABLE', retryable: false, hint: /container create/ },
  ],
  [
    'a container that goes away',
    { statusCode: 409, code: 'ContainerBeingDeleted' },
    { code: 'STORE_UNAVAILABLE', retryable: true },
  ],
  ['a busy server', { statusCode: 503, code: 'ServerBusy' }, { code: 'STORE_UNAVAILABLE', retryable: true }],
  [
    'a time-out of the server',
    { statusCode: 500, code: 'OperationTimedOut' },
    { code: 'STORE_UNAVAILABLE', retryable: true },
  ],
  ['too many requests', { statusCode: 429 }, { code: 'STORE_UNAVAILABLE', retryable: true }],
  ['a reset', { code: 'ECONNRESET' }, { code: 'STORE_UNAVAILABLE', retryable: true }],
  ['no such host', { code: 'ENOTFOUND' }, { code: 'STORE_UNAVAILABLE', retryable: true }],
  [
    'an answer that cannot be read',
    { statusCode: 200, code: 'PARSE_ERROR' },
    { code: 'STORE_UNAVAILABLE', retryable: true },
  ],
  [
    'a certificate of nobody',
    { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    { code: 'STORE_UNAVAILABLE', retryable: false, hint: /certificate/ },
  ],
  [
    'a body that was changed',
    { statusCode: 400, code: 'Md5Mismatch' },
    { code: 'STORE_UNAVAILABLE', retryable: true },
  ],
  [
    'a wrong key',
    { statusCode: 403, code: 'AuthenticationFailed' },
    { code: 'STORE_DENIED', retryable: false, hint: /account key or SAS/ },
  ],
  [
    'a right that lacks',
    { statusCode: 403, code: 'AuthorizationPermissionMismatch' },
    { code: 'STORE_DENIED', retryable: false },
  ],
  [
    'an overwrite',
    { statusCode: 403, code: 'UnauthorizedBlobOverwrite' },
    { code: 'STORE_DENIED', retryable: false, hint: /replace none/ },
  ],
  [
    'a wrong clock',
    {
      statusCode: 403,
      code: 'AuthenticationFailed',
      headers: { date: new Date(nowMs() - 3_600_000).toUTCString() },
    },
    { code: 'STORE_DENIED', retryable: false, hint: /clock/ },
  ],
  [
    'a right clock',
    { statusCode: 403, code: 'AuthenticationFailed', headers: { date: new Date(nowMs()).toUTCString() } },
    { code: 'STORE_DENIED', retryable: false, hint: /account key/ },
  ],
  [
    'no login',
    { name: 'CredentialUnavailableError', message: 'no identity' },
    { code: 'STORE_DENIED', retryable: false, hint: /managed identity/ },
  ],
  [
    'a refused login',
    { name: 'AuthenticationError', statusCode: 400, code: 'invalid_client' },
    { code: 'STORE_DENIED', retryable: false, hint: /managed identity/ },
  ],
  ['an archived blob', { statusCode: 409, code: 'BlobArchived' }, { code: 'OBJECT_COLD', retryable: false }],
  [
    'a blob on its way out of the archive',
    { statusCode: 409, code: 'BlobBeingRehydrated' },
    { code: 'OBJECT_COLD', retryable: false },
  ],
  [
    'a retained blob',
    { statusCode: 409, code: 'BlobImmutableDueToPolicy' },
    { code: 'OBJECT_RETAINED', retryable: false },
  ],
  [
    'what the account lacks',
    { statusCode: 409, code: 'FeatureNotSupportedForAccount' },
    { code: 'STORE_UNFIT', retryable: false },
  ],
  ['what the server lacks', { statusCode: 501 }, { code: 'STORE_UNFIT', retryable: false }],
  [
    'another refusal',
    { statusCode: 400, code: 'InvalidUri' },
    { code: 'STORE_UNAVAILABLE', retryable: false },
  ],
];

for (const [what, answer, expected] of cases) {
  test(`says what ${what} means`, () => {
    const error = azureError(said(answer), request);
    const { hint = /./, ...facts } = expected;
    assert.deepEqual({ code: error.code, retryable: error.retryable }, facts);
    assert.match(error.hint ?? '', hint);
    assert.match(error.message, /azure:\/\/shop\/vault/);
  });
}

test('shows no address with its query, and no key', () => {
  const message =
    'failed at https://shop.blob.core.windows.net/vault?sig=secret-1 with sig=secret-2\nAccountKey=secret-3';
  const error = azureError(said({ message }), request);
  assert.ok(error.cause instanceof Error);
  for (const text of [
    error.message,
    error.cause.message,
    JSON.stringify(error),
    JSON.stringify(error.cause),
  ]) {
    assert.doesNotMatch(text, /secret/);
  }
});

test('passes on what is ours already', () => {
  const ours = azureError(said({ statusCode: 404, code: 'BlobNotFound' }), request);
  assert.equal(azureError(ours, { ...request, doing: 'list' }), ours);
  assert.ok(hasCode(ours, 'OBJECT_MISSING'));
});
