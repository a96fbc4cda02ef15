/** Which storage account a vault is in, at which address, and what opens it. Nothing is asked over the network. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { AzurePlace, AzureSettings } from './azure-place.ts';

export interface AzureAccount {
  readonly name: string;
  /** The blob service of the account, without a slash at its end and without a SAS. */
  readonly serviceUrl: string;
  readonly credential: AzureCredential;
}

export type AzureCredential =
  | { readonly kind: 'key'; readonly accountKey: string }
  /** The query string, without its question mark. */
  | { readonly kind: 'sas'; readonly token: string }
  /** What the machine is, or who is logged in on it. */
  | { readonly kind: 'identity' };

export type Variables = (name: string) => string | undefined;

const publicSuffix = 'core.windows.net';

/**
 * The settings first, then the variables that Microsoft's own tools and restic read, then the identity of the
 * machine. Raises CONFIG_INVALID when no account is named, or the key in the environment is another account's.
 */
export function azureAccount(place: AzurePlace, settings: AzureSettings, variable: Variables): AzureAccount {
  const found = fromEnvironment(variable);
  const name = place.account ?? found.account;
  if (name === undefined) throw noAccount();
  const credential = settings.credentials ?? found.credential;
  const isOthers = found.account !== undefined && found.account !== name;
  if (settings.credentials === undefined && found.credential !== undefined && isOthers) {
    throw otherAccount(name, found.account);
  }
  const suffix = variable('AZURE_ENDPOINT_SUFFIX') || found.suffix || publicSuffix;
  const endpoint = settings.endpoint ?? (isOthers ? undefined : found.endpoint);
  return {
    name,
    serviceUrl: endpoint === undefined ? `https://${name}.blob.${suffix}` : addressOf(endpoint, name),
    credential: credential === undefined ? { kind: 'identity' } : credentialOf(credential),
  };
}

interface FoundAccount {
  readonly account?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly suffix?: string | undefined;
  readonly credential?: AzureSettings['credentials'];
}

function fromEnvironment(variable: Variables): FoundAccount {
  const first = (...names: readonly string[]) => names.map(variable).find(Boolean);
  const account = first('AZURE_STORAGE_ACCOUNT', 'AZURE_ACCOUNT_NAME');
  const accountKey = first('AZURE_STORAGE_KEY', 'AZURE_ACCOUNT_KEY');
  if (accountKey !== undefined) return { account, credential: { kind: 'azure-key', accountKey } };
  const token = first('AZURE_STORAGE_SAS_TOKEN', 'AZURE_ACCOUNT_SAS');
  if (token !== undefined) return { account, credential: { kind: 'azure-sas', token } };
  const connection = variable('AZURE_STORAGE_CONNECTION_STRING');
  return connection ? { account, ...fromConnectionString(connection) } : { account };
}

/** `AccountName=…;AccountKey=…;BlobEndpoint=…`, as the portal shows it. Values may hold `=`. */
function fromConnectionString(text: string): FoundAccount {
  const parts = new Map(
    text
      .split(';')
      .map((part) => /^\s*(\w+)=(.*)$/.exec(part))
      .map((match) => [match?.[1]?.toLowerCase() ?? '', match?.[2]?.trim() ?? ''] as const),
  );
  const accountKey = parts.get('accountkey');
  const token = parts.get('sharedaccesssignature');
  const account = parts.get('accountname');
  if (!accountKey && !token) throw badConnectionString();
  return {
    ...(account ? { account } : {}),
    endpoint: parts.get('blobendpoint') || undefined,
    suffix: parts.get('endpointsuffix') || undefined,
    credential: accountKey ? { kind: 'azure-key', accountKey } : { kind: 'azure-sas', token: token ?? '' },
  };
}

function credentialOf(credentials: NonNullable<AzureSettings['credentials']>): AzureCredential {
  switch (credentials.kind) {
    case 'azure-key':
      return { kind: 'key', accountKey: credentials.accountKey };
    case 'azure-sas':
      return { kind: 'sas', token: credentials.token.trim().replace(/^\?/, '') };
    case 's3':
      throw new LifeboatError(
        'CONFIG_INVALID',
        'the credentials of the vault are those of S3, not of Azure',
        {
          hint: 'Give an account key or a SAS of the storage account.',
        },
      );
  }
}

/** Emulators and appliances have the account as the first folder; Azure has it in the name of the host. */
function addressOf(endpoint: string, account: string): string {
  const url = URL.parse(endpoint);
  const isPlain = url !== null && `${url.username}${url.password}${url.search}` === '';
  if (!isPlain || !/^https?:$/.test(url.protocol)) {
    throw new LifeboatError('CONFIG_INVALID', 'the endpoint of the vault is not an http or https address', {
      hint: 'Write it as https://host:port, without credentials.',
    });
  }
  const path = url.pathname.replace(/\/+$/, '');
  const isNamed =
    path !== '' || url.hostname.startsWith(`${account}.`) || url.hostname.startsWith(`${account}-`);
  return `${url.origin}${isNamed ? path : `/${account}`}`;
}

function noAccount(): LifeboatError {
  return new LifeboatError('CONFIG_INVALID', 'the location names no Azure storage account', {
    hint: 'Write azure://account/container/prefix, or set AZURE_STORAGE_ACCOUNT.',
  });
}

function otherAccount(name: string, found: string | undefined): LifeboatError {
  const message = `the vault is in the storage account ${name}, and the environment has the key of ${found}`;
  return new LifeboatError('CONFIG_INVALID', message, {
    hint: `Set AZURE_STORAGE_ACCOUNT and the key of ${name}, or take both variables away.`,
  });
}

function badConnectionString(): LifeboatError {
  return new LifeboatError(
    'CONFIG_INVALID',
    'AZURE_STORAGE_CONNECTION_STRING holds neither a key nor a SAS',
    {
      hint: 'Copy the whole connection string from the portal, or set AZURE_STORAGE_ACCOUNT and AZURE_STORAGE_KEY.',
    },
  );
}
