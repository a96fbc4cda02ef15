/** From what the plan says about a vault's place to how its store is reached; secrets are resolved here. */
import { LifeboatError } from '../error/lifeboat-error.ts';
import type { ResolvedVault } from '../plan/resolved-plan.ts';
import type { SecretReference } from '../plan/secret-reference.ts';
import type { Location } from './location.ts';
import { resolveSecret } from './resolve-secret.ts';
import type { StoreCredentials, StoreLimits, StoreSettings } from './store-settings.ts';

type Declared = ResolvedVault['declared'];

export interface SettingsPlace {
  /** Absolute; relative paths in references count from it. */
  readonly folder: string;
  readonly signal?: AbortSignal;
  /** Told every secret before it is used, so that no output shows it. */
  readonly hide: (secret: string) => void;
}

/** Raises SECRET_UNAVAILABLE, CONFIG_INVALID. Without a plan everything is found as the store's own tools find it. */
export async function storeSettings(
  location: Location,
  declared: Declared | undefined,
  place: SettingsPlace,
): Promise<StoreSettings> {
  if (declared === undefined) return {};
  const { region, endpoint, credentials, storage_class: storageClass, immutability, limits } = declared;
  const address = endpoint && (await textOf(endpoint, place));
  const secret = credentials === undefined ? undefined : await secretOf(credentials, place);
  return {
    ...(region === undefined ? {} : { region }),
    ...(address === undefined ? {} : { endpoint: address }),
    ...(secret === undefined ? {} : { credentials: credentialsOf(location, secret, place) }),
    ...(storageClass === undefined ? {} : { storageClass }),
    ...(immutability === undefined ? {} : retention(immutability)),
    ...(declared.append_only ? { appendOnly: true } : {}),
    ...(limits === undefined ? {} : { limits: limitsOf(limits) }),
  };
}

/** A medium that is not connected needs nobody's lock. */
function retention({
  mode,
  for: forMs,
}: NonNullable<Declared['immutability']>): Pick<StoreSettings, 'retainNew'> {
  return mode === 'offline' || forMs === undefined ? {} : { retainNew: { forMs, mode } };
}

async function textOf(text: NonNullable<Declared['endpoint']>, place: SettingsPlace): Promise<string> {
  return text.kind === 'literal' ? text.value : await resolveSecret(text, place);
}

async function secretOf(reference: SecretReference, place: SettingsPlace): Promise<string> {
  const secret = await resolveSecret(reference, place);
  place.hide(secret);
  return secret;
}

function limitsOf({ upload, download, connections }: NonNullable<Declared['limits']>): StoreLimits {
  return {
    ...(upload === undefined ? {} : { uploadBytesPerSecond: upload }),
    ...(download === undefined ? {} : { downloadBytesPerSecond: download }),
    ...(connections === undefined ? {} : { connections }),
  };
}

function credentialsOf(location: Location, secret: string, place: SettingsPlace): StoreCredentials {
  if (location.kind === 'azure') return azureCredentials(secret);
  const [accessKeyId = '', secretAccessKey = '', ...token] = secret.trim().split(':');
  if (accessKeyId === '' || secretAccessKey === '') throw notCredentials('KEY_ID:SECRET');
  place.hide(secretAccessKey);
  const sessionToken = token.join(':');
  return { kind: 's3', accessKeyId, secretAccessKey, ...(sessionToken === '' ? {} : { sessionToken }) };
}

/** A SAS is a query string with a signature; a key is base64. */
function azureCredentials(secret: string): StoreCredentials {
  const token = secret.trim().replace(/^\?/, '');
  if (/(^|&)sig=/.test(token)) return { kind: 'azure-sas', token };
  if (/^[A-Za-z0-9+/]+=*$/.test(token)) return { kind: 'azure-key', accountKey: token };
  throw notCredentials('an account key or a SAS');
}

function notCredentials(form: string): LifeboatError {
  return new LifeboatError('CONFIG_INVALID', "the credentials of the vault's store have an unknown form", {
    hint: `Give ${form}.`,
  });
}
