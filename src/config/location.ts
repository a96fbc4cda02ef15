/** Where a vault is: a folder, or a place in an object store. */
import { LifeboatError } from '../error/lifeboat-error.ts';
import { absolutePath } from '../platform/absolute-path.ts';

export type Location = FolderLocation | S3Location | AzureLocation;

export interface FolderLocation {
  readonly kind: 'folder';
  /** Absolute. */
  readonly path: string;
}

export interface S3Location {
  readonly kind: 's3';
  /** `https://host:port`; absent: Amazon's own. */
  readonly endpoint?: string;
  readonly bucket: string;
  /** Without slashes at its ends; may be empty. */
  readonly prefix: string;
}

export interface AzureLocation {
  readonly kind: 'azure';
  /** The storage account; absent: the one that the environment names. */
  readonly account?: string;
  readonly container: string;
  /** Without slashes at its ends; may be empty. */
  readonly prefix: string;
}

const laterKinds = /^(gs|b2|swift|sftp|rest|rclone|https?):/i;
const anyScheme = /^([a-z][a-z0-9+.-]*):\/\//i;
const s3Bucket = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const azureContainer = /^(?:\$root|[a-z0-9](?:-?[a-z0-9]){2,62})$/;
const azureAccount = /^[a-z0-9]{3,24}$/;

/**
 * A path counts from `folder`, which is absolute, or from the home folder with `~/`. Stores: `s3://bucket/prefix`,
 * `s3:https://host/bucket/prefix` (restic's form), `azure://account/container/prefix`, `azure:container:/prefix`
 * (restic's form). Raises USAGE for what is none, and for kinds that are not there yet.
 */
export function parseLocation(text: string, folder: string): Location {
  if (text.trim() === '') {
    throw new LifeboatError('USAGE', 'the location of the vault is empty', {
      hint: 'Name a folder, such as /mnt/backup/vault, or a store, such as s3://bucket/prefix.',
    });
  }
  if (/^s3:/i.test(text)) return parseS3(text);
  if (/^azure:/i.test(text)) return parseAzure(text);
  const kind = kindNotOpened(text);
  if (kind !== undefined) {
    throw new LifeboatError('USAGE', `a vault at a location of kind "${kind}:" is not possible`, {
      hint: 'Use a folder, s3://bucket/prefix or azure://account/container/prefix; a mounted share or disk is a folder.',
    });
  }
  return { kind: 'folder', path: absolutePath(text, folder) };
}

/** `sftp`: a kind of place that a plan may name, and that this version does not open. */
export function kindNotOpened(text: string): string | undefined {
  if (/^(?:s3|azure):/i.test(text)) return undefined;
  return (laterKinds.exec(text) ?? anyScheme.exec(text))?.[1];
}

/** For people and for caches: the same place gives the same text. Holds no secret. */
export function locationText(location: Location): string {
  const below = (prefix: string): string => (prefix === '' ? '' : `/${prefix}`);
  switch (location.kind) {
    case 'folder':
      return location.path;
    case 's3': {
      const { endpoint, bucket, prefix } = location;
      return endpoint === undefined
        ? `s3://${bucket}${below(prefix)}`
        : `s3:${endpoint}/${bucket}${below(prefix)}`;
    }
    case 'azure': {
      const { account, container, prefix } = location;
      return account === undefined
        ? `azure:${container}:/${prefix}`
        : `azure://${account}/${container}${below(prefix)}`;
    }
  }
}

function parseS3(text: string): S3Location {
  const rest = text.slice('s3:'.length);
  const url = /^(https?:\/\/[^/]+)\/(.*)$/i.exec(rest);
  if (url) return s3Of(text, url[1] ?? '', url[2] ?? '');
  const ours = /^\/\/(.*)$/.exec(rest);
  if (ours) return s3Of(text, undefined, ours[1] ?? '');
  const hosted = /^([^/]*[.:][^/]*)\/(.*)$/.exec(rest);
  if (hosted) return s3Of(text, `https://${hosted[1]}`, hosted[2] ?? '');
  return s3Of(text, undefined, rest);
}

function s3Of(text: string, address: string | undefined, path: string): S3Location {
  if (address !== undefined && /^https?:\/\/[^/]*@/i.test(address)) throw noSecretsHere(text);
  const [bucket = '', ...prefix] = segmentsOf(path);
  if (!s3Bucket.test(bucket)) throw notA(text, 'an S3 bucket', 's3://bucket/prefix');
  const isAmazon = address !== undefined && /^https:\/\/s3\.amazonaws\.com$/i.test(address);
  const endpoint = address === undefined || isAmazon ? {} : { endpoint: address.toLowerCase() };
  return { kind: 's3', ...endpoint, bucket, prefix: prefixOf(text, prefix) };
}

function parseAzure(text: string): AzureLocation {
  const restic = /^azure:([^:/]+):\/?(.*)$/i.exec(text);
  if (restic) return azureOf(text, undefined, [restic[1] ?? '', ...segmentsOf(restic[2] ?? '')]);
  const [account = '', ...rest] = segmentsOf(text.slice('azure:'.length));
  if (!azureAccount.test(account))
    throw notA(text, 'an Azure storage account', 'azure://account/container/prefix');
  return azureOf(text, account, rest);
}

function azureOf(text: string, account: string | undefined, path: readonly string[]): AzureLocation {
  const [container = '', ...prefix] = path;
  if (!azureContainer.test(container))
    throw notA(text, 'an Azure container', 'azure://account/container/prefix');
  return {
    kind: 'azure',
    ...(account === undefined ? {} : { account }),
    container,
    prefix: prefixOf(text, prefix),
  };
}

function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '');
}

/** The characters of the port's keys, so that keys below it are keys. */
function prefixOf(text: string, segments: readonly string[]): string {
  const isSound = segments.every((segment) => /^[A-Za-z0-9._-]+$/.test(segment) && !/^\.\.?$/.test(segment));
  if (!isSound)
    throw notA(text, 'a prefix of letters, digits, dots, dashes and underscores', 's3://bucket/backups/shop');
  return segments.join('/');
}

function notA(text: string, what: string, form: string): LifeboatError {
  return new LifeboatError('USAGE', `"${text}" does not name ${what}`, { hint: `Write ${form}.` });
}

function noSecretsHere(text: string): LifeboatError {
  const shown = text.replace(/\/\/[^/]*@/, '//…@');
  return new LifeboatError('USAGE', `"${shown}" has credentials in it`, {
    hint: 'Leave them out; they come from the environment or from `credentials` in the plan.',
  });
}
