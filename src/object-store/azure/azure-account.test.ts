import assert from 'node:assert/strict';
import { test } from 'node:test';
import { azureAccount } from './azure-account.ts';
import type { AzurePlace, AzureSettings } from './azure-place.ts';

const place: AzurePlace = { container: 'vault', prefix: '' };
const named: AzurePlace = { ...place, account: 'shop' };

function found(at: AzurePlace, variables: Readonly<Record<string, string>>, settings: AzureSettings = {}) {
  return azureAccount(at, settings, (name) => variables[name]);
}

test("takes Microsoft's names and restic's for account, key and SAS", () => {
  for (const [account, key] of [
    ['AZURE_STORAGE_ACCOUNT', 'AZURE_STORAGE_KEY'],
    ['AZURE_ACCOUNT_NAME', 'AZURE_ACCOUNT_KEY'],
  ] as const) {
    assert.deepEqual(found(place, { [account]: 'shop', [key]: 'a2V5' }), {
      name: 'shop',
      serviceUrl: 'https://shop.blob.core.windows.net',
      credential: { kind: 'key', accountKey: 'a2V5' },
    });
  }
  for (const sas of ['AZURE_STORAGE_SAS_TOKEN', 'AZURE_ACCOUNT_SAS']) {
    const { credential } = found(named, { [sas]: '?sp=c&sig=x' });
    assert.deepEqual(credential, { kind: 'sas', token: 'sp=c&sig=x' });
  }
});

test('reads a connection string, whose values may hold the sign that parts them', () => {
  const text =
    'DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=a2V5MQ==;EndpointSuffix=core.chinacloudapi.cn';
  assert.deepEqual(found(place, { AZURE_STORAGE_CONNECTION_STRING: text }), {
    name: 'shop',
    serviceUrl: 'https://shop.blob.core.chinacloudapi.cn',
    credential: { kind: 'key', accountKey: 'a2V5MQ==' },
  });
  const local = 'AccountName=shop;SharedAccessSignature=sp=c&sig=x;BlobEndpoint=http://127.0.0.1:10000/shop/';
  assert.deepEqual(found(place, { AZURE_STORAGE_CONNECTION_STRING: local }), {
    name: 'shop',
    serviceUrl: 'http://127.0.0.1:10000/shop',
    credential: { kind: 'sas', token: 'sp=c&sig=x' },
  });
  assert.throws(() => found(named, { AZURE_STORAGE_CONNECTION_STRING: 'AccountName=shop' }), {
    code: 'CONFIG_INVALID',
  });
});

test('falls back to the identity of the machine, and takes an empty variable for none', () => {
  assert.deepEqual(found(named, { AZURE_STORAGE_KEY: '', AZURE_STORAGE_CONNECTION_STRING: '' }).credential, {
    kind: 'identity',
  });
});

test('takes the credentials of the plan before those of the environment', () => {
  const settings: AzureSettings = { credentials: { kind: 'azure-key', accountKey: 'cGxhbg==' } };
  const { name, credential } = found(
    named,
    { AZURE_STORAGE_ACCOUNT: 'other', AZURE_STORAGE_KEY: 'a2V5' },
    settings,
  );
  assert.deepEqual(
    { name, credential },
    { name: 'shop', credential: { kind: 'key', accountKey: 'cGxhbg==' } },
  );
});

test('gives no account the key of another', () => {
  assert.throws(() => found(named, { AZURE_STORAGE_ACCOUNT: 'other', AZURE_STORAGE_KEY: 'a2V5' }), {
    code: 'CONFIG_INVALID',
    message: /account shop, and the environment has the key of other/,
  });
});

test('asks for the account where nobody names it', () => {
  assert.throws(() => found(place, { AZURE_STORAGE_KEY: 'a2V5' }), { code: 'CONFIG_INVALID' });
});

test('takes the suffix of other clouds, and an endpoint with or without the account in it', () => {
  const url = (endpoint: string) => found(named, {}, { endpoint }).serviceUrl;
  assert.equal(
    found(named, { AZURE_ENDPOINT_SUFFIX: 'example.org' }).serviceUrl,
    'https://shop.blob.example.org',
  );
  assert.equal(url('http://127.0.0.1:10000'), 'http://127.0.0.1:10000/shop');
  assert.equal(url('http://127.0.0.1:10000/shop/'), 'http://127.0.0.1:10000/shop');
  assert.equal(
    url('https://shop.privatelink.blob.core.windows.net'),
    'https://shop.privatelink.blob.core.windows.net',
  );
  assert.equal(
    url('https://shop-secondary.blob.core.windows.net/'),
    'https://shop-secondary.blob.core.windows.net',
  );
});

test('refuses an endpoint with credentials in it, or that is none, without showing it', () => {
  for (const endpoint of ['https://key@host', 'https://host/?sig=secret', 'ftp://host', 'host']) {
    assert.throws(
      () => found(named, {}, { endpoint }),
      (error) =>
        error instanceof Error && !error.message.includes('secret') && /endpoint/.test(error.message),
    );
  }
});
