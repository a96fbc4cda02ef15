import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { s3Error } from './s3-errors.ts';

const place = 's3://bucket/vault';

function refusal(name: string, status: number, message = 'words of the server'): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } });
}

function meaningOf(error: Error): LifeboatError {
  const meaning = s3Error(error, 'read data/ab', place);
  assert.ok(meaning instanceof LifeboatError);
  return meaning;
}

const refusals = [
  ['InvalidAccessKeyId', 403, 'STORE_DENIED', false],
  ['SignatureDoesNotMatch', 403, 'STORE_DENIED', false],
  ['AccessDenied', 403, 'STORE_DENIED', false],
  ['ExpiredToken', 400, 'STORE_DENIED', false],
  ['RequestTimeTooSkewed', 403, 'STORE_DENIED', false],
  ['PermanentRedirect', 301, 'STORE_DENIED', false],
  ['SomethingNew', 400, 'STORE_DENIED', false],
  ['NoSuchBucket', 404, 'STORE_UNAVAILABLE', false],
  ['SlowDown', 503, 'STORE_UNAVAILABLE', true],
  ['InternalError', 500, 'STORE_UNAVAILABLE', true],
  ['TooManyRequests', 429, 'STORE_UNAVAILABLE', true],
  ['SomethingNew', 502, 'STORE_UNAVAILABLE', true],
  ['RequestTimeout', 400, 'STORE_UNAVAILABLE', true],
  ['BadDigest', 400, 'STORE_UNAVAILABLE', true],
  ['OperationAborted', 409, 'STORE_UNAVAILABLE', true],
  ['NotImplemented', 501, 'STORE_UNFIT', false],
  ['InvalidObjectState', 403, 'OBJECT_COLD', false],
] as const;

for (const [name, status, code, retryable] of refusals) {
  test(`${name} with status ${status} is ${code}`, () => {
    const meaning = meaningOf(refusal(name, status));
    assert.deepEqual([meaning.code, meaning.retryable], [code, retryable]);
    assert.match(meaning.message, new RegExp(`^could not read data/ab in ${place}: .* \\(${name}\\)$`));
    assert.match(meaning.hint ?? '', /^[A-Z].*\.$/);
  });
}

test('a refusal by object lock is told from other refusals by its words', () => {
  const words = 'Access Denied because object protected by object lock.';
  assert.equal(meaningOf(refusal('AccessDenied', 403, words)).code, 'OBJECT_RETAINED');
  const noLock = 'Bucket is missing Object Lock Configuration';
  assert.equal(meaningOf(refusal('InvalidRequest', 400, noLock)).code, 'STORE_UNFIT');
});

test('a clock that is wrong gets a hint of its own', () => {
  assert.match(meaningOf(refusal('RequestTimeTooSkewed', 403)).hint ?? '', /clock/);
});

test('what the network does may pass; a certificate that nobody trusts does not', () => {
  for (const code of ['ECONNRESET', 'ECONNREFUSED', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EPIPE']) {
    const meaning = meaningOf(Object.assign(new Error('words'), { code }));
    assert.deepEqual([meaning.code, meaning.retryable], ['STORE_UNAVAILABLE', true], code);
  }
  for (const code of ['SELF_SIGNED_CERT_IN_CHAIN', 'CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID']) {
    const meaning = meaningOf(Object.assign(new Error('words'), { code }));
    assert.deepEqual([meaning.code, meaning.retryable], ['STORE_UNAVAILABLE', false], code);
    assert.match(meaning.message, /trusted/);
  }
  assert.equal(meaningOf(Object.assign(new Error('x'), { name: 'TimeoutError' })).retryable, true);
});

test('an answer to HEAD has no words, so its status is told and no cause', () => {
  const meaning = meaningOf(refusal('Unknown', 403, 'UnknownError'));
  assert.match(meaning.message, /\(HTTP 403\)$/);
  assert.equal(meaning.cause, undefined);
});

test('errors of our own stay as they are', () => {
  const own = new LifeboatError('OBJECT_DAMAGED', 'short');
  assert.equal(s3Error(own, 'read', place), own);
});
