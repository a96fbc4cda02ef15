/** Amazon's own client, set up so that it never tries twice, never waits for ever, and works with other servers too. */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { environmentSnapshot, environmentVariable } from '../../platform/environment.ts';
import { addContentMd5 } from './content-md5.ts';
import type { S3Place, S3StoreSettings } from './s3-place.ts';

/** Name look-up, connection and the greeting of TLS. */
const connectMsMax = 10_000;
/** Without a byte in either direction. Servers answer a large copy late. */
const idleMsMax = 60_000;
/** More than the requests that are worth making at once, so that none waits for a socket. */
const socketsMax = 256;
const otherServersRegion = 'us-east-1';

export interface S3Connection extends Disposable {
  readonly client: S3Client;
}

/** Touches nothing yet. Raises CONFIG_INVALID. */
export function connectS3(place: S3Place, settings: S3StoreSettings): S3Connection {
  const endpoint = place.endpoint ?? settings.endpoint ?? endpointOfEnvironment();
  const agents = agentsFor(endpoint);
  const client = new S3Client({
    ...(endpoint === undefined
      ? { followRegionRedirects: true }
      : { endpoint: checkedEndpoint(endpoint), forcePathStyle: true }),
    ...regionOf(endpoint, settings),
    ...(settings.credentials === undefined ? {} : { credentials: settings.credentials }),
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { ...agents, connectionTimeout: connectMsMax, socketTimeout: idleMsMax },
  });
  addContentMd5(client);
  return {
    client,
    [Symbol.dispose]: () => {
      client.destroy();
      agents.httpAgent.destroy();
      agents.httpsAgent.destroy();
    },
  };
}

function endpointOfEnvironment(): string | undefined {
  return environmentVariable('AWS_ENDPOINT_URL_S3') || environmentVariable('AWS_ENDPOINT_URL') || undefined;
}

function checkedEndpoint(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  const isPlain = url !== undefined && `${url.username}${url.password}${url.search}` === '';
  if (isPlain && /^https?:$/.test(url.protocol)) return endpoint;
  throw new LifeboatError('CONFIG_INVALID', 'the endpoint of the S3 store is not the address of a server', {
    hint: 'Write it as https://host or https://host:port, without credentials.',
  });
}

/** Absent: the client finds it as Amazon's tools do. */
function regionOf(endpoint: string | undefined, settings: S3StoreSettings): Pick<S3ClientConfig, 'region'> {
  const region =
    settings.region || environmentVariable('AWS_REGION') || environmentVariable('AWS_DEFAULT_REGION');
  if (region) return { region };
  return endpoint === undefined ? {} : { region: profileRegion };
}

async function profileRegion(): Promise<string> {
  try {
    return await new S3Client({}).config.region();
  } catch {
    // No profile names one, and other servers seldom ask.
    return otherServersRegion;
  }
}

function agentsFor(endpoint: string | undefined): {
  readonly httpAgent: HttpAgent;
  readonly httpsAgent: HttpsAgent;
} {
  const options = {
    keepAlive: true,
    maxSockets: socketsMax,
    ...(isLoopback(endpoint) ? {} : { proxyEnv: environmentSnapshot() }),
  };
  try {
    return { httpAgent: new HttpAgent(options), httpsAgent: new HttpsAgent(options) };
  } catch (cause) {
    throw new LifeboatError('CONFIG_INVALID', 'a proxy that the environment names is not an address', {
      hint: 'Correct HTTP_PROXY or HTTPS_PROXY, or take them away.',
      cause,
    });
  }
}

/** No proxy is asked for this machine, whatever the environment says: so do restic and other tools written in Go. */
function isLoopback(endpoint: string | undefined): boolean {
  if (endpoint === undefined || !URL.canParse(endpoint)) return false;
  return /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(new URL(endpoint).hostname);
}
