/**
 * Secrets wrapped by AWS KMS: the file is worth nothing without the right to ask the service for its content. Credentials,
 * region and address (AWS_ENDPOINT_URL_KMS) are found as every AWS program finds them.
 */
import { DecryptCommand, EncryptCommand, KMSClient } from '@aws-sdk/client-kms';
import { LifeboatError, systemErrorName } from '../error/lifeboat-error.ts';

/** Each try; the client makes three. */
const requestTimeoutMs = 20_000;
const connectTimeoutMs = 5_000;
/** KMS itself takes no more. */
const plaintextBytesMax = 4096;
const ciphertextBytesMax = 6144;

/** `wrapped`: base64 as `lifeboat key wrap` and `aws kms encrypt` write it, or the raw bytes. Raises SECRET_UNAVAILABLE. */
export async function unwrapSecret(wrapped: Buffer, name: string, signal?: AbortSignal): Promise<string> {
  const CiphertextBlob = ciphertextOf(wrapped);
  if (CiphertextBlob.length === 0 || CiphertextBlob.length > ciphertextBytesMax)
    throw unavailable(
      name,
      'the file holds nothing that a key service has wrapped',
      'Make it with `lifeboat key wrap`.',
    );
  return await withClient(name, signal, async (client, options) => {
    const { Plaintext } = await client.send(new DecryptCommand({ CiphertextBlob }), options);
    // as of files and commands, one newline at the end is not the password's: `echo … | aws kms encrypt` has one
    return Buffer.from(Plaintext ?? [])
      .toString('utf8')
      .replace(/\r?\n$/, '');
  });
}

/** The text of a file for `${kms:path}`. Raises SECRET_UNAVAILABLE, USAGE for a secret that is too long. */
export async function wrapSecret(secret: string, keyId: string, signal?: AbortSignal): Promise<string> {
  const Plaintext = Buffer.from(secret, 'utf8');
  if (Plaintext.length > plaintextBytesMax)
    throw new LifeboatError('USAGE', `a secret of more than ${plaintextBytesMax} bytes cannot be wrapped`, {
      hint: 'Give a password.',
    });
  return await withClient(`of the key ${keyId}`, signal, async (client, options) => {
    const { CiphertextBlob } = await client.send(new EncryptCommand({ KeyId: keyId, Plaintext }), options);
    return `${Buffer.from(CiphertextBlob ?? []).toString('base64')}\n`;
  });
}

function ciphertextOf(wrapped: Buffer): Buffer {
  const text = wrapped.toString('latin1').replaceAll(/\s/g, '');
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : wrapped;
}

async function withClient<T>(
  name: string,
  signal: AbortSignal | undefined,
  work: (client: KMSClient, options: { abortSignal?: AbortSignal }) => Promise<T>,
): Promise<T> {
  const client = new KMSClient({
    requestHandler: { requestTimeout: requestTimeoutMs, connectionTimeout: connectTimeoutMs },
  });
  try {
    return await work(client, signal === undefined ? {} : { abortSignal: signal });
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof LifeboatError) throw error;
    throw failureOf(name, error);
  } finally {
    client.destroy();
  }
}

interface Reason {
  readonly reason: string;
  readonly hint: string;
}

const reasons: Readonly<Record<string, Reason>> = {
  AccessDeniedException: {
    reason: 'the key service refuses these credentials',
    hint: 'Give this machine kms:Decrypt (and kms:Encrypt to wrap) for the key.',
  },
  InvalidCiphertextException: {
    reason: 'the file was not wrapped by this key service, or is damaged',
    hint: 'Wrap the password again with `lifeboat key wrap`; check the region.',
  },
  NotFoundException: {
    reason: 'the key service has no such key',
    hint: 'Check the id of the key, the account and the region.',
  },
  DisabledException: { reason: 'the key is disabled', hint: 'Enable it in the key service.' },
  KMSInvalidStateException: {
    reason: 'the key cannot be used now',
    hint: 'See in the key service whether it is being deleted.',
  },
  CredentialsProviderError: {
    reason: 'no credentials for the key service were found',
    hint: 'Set AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the machine a role.',
  },
  UnrecognizedClientException: {
    reason: 'the key service does not know these credentials',
    hint: 'Check the access key.',
  },
  InvalidSignatureException: {
    reason: 'the key service refuses the signature',
    hint: 'Check the secret access key, and the clock of this machine.',
  },
};

function failureOf(name: string, error: unknown): LifeboatError {
  const kind = error instanceof Error ? error.name : '';
  const known = reasons[kind];
  if (known !== undefined) return unavailable(name, known.reason, known.hint);
  if (error instanceof Error && /region is missing/i.test(error.message))
    return unavailable(
      name,
      'no region of the key service is set',
      'Set AWS_REGION, or a region in the profile.',
    );
  // no cause and no words of the service: they may quote what was sent
  const what = systemErrorName(error) ?? kind;
  return unavailable(
    name,
    `the key service cannot be asked: ${what}`,
    'Check the network, AWS_REGION and AWS_ENDPOINT_URL_KMS, then run it again.',
    true,
  );
}

function unavailable(name: string, reason: string, hint: string, retryable = false): LifeboatError {
  return new LifeboatError('SECRET_UNAVAILABLE', `the secret ${name} is not available: ${reason}`, {
    hint,
    details: { reference: name },
    ...(retryable ? { retryable } : {}),
  });
}
