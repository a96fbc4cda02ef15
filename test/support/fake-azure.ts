/**
 * A stand-in for an Azure storage account with what Microsoft's emulator lacks: versions, immutability, the hours of
 * a thaw, and a clock that a test moves. It speaks the protocol of the blob service, believes every signature, and
 * takes only what is put in one request.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type FakeBlob, FakeBlobs, Refusal } from './fake-azure-blobs.ts';

export interface FakeAzure extends AsyncDisposable {
  readonly origin: string;
  /** A new, empty container, with a clock of its own. */
  makeContainer(): { readonly name: string; readonly blobs: FakeBlobs };
}

interface Call {
  readonly method: string;
  readonly name: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  readonly blobs: FakeBlobs;
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

export async function startFakeAzure(): Promise<FakeAzure> {
  const containers = new Map<string, FakeBlobs>();
  const server = createServer((incoming, outgoing) => {
    serve(containers, incoming, outgoing).catch((error) => outgoing.destroy(error));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    origin: `http://127.0.0.1:${address.port}`,
    makeContainer() {
      const name = `container-${containers.size + 1}`;
      const blobs = new FakeBlobs();
      containers.set(name, blobs);
      return { name, blobs };
    },
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((done) => server.close(done));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function serve(
  containers: ReadonlyMap<string, FakeBlobs>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const { pathname, searchParams } = new URL(incoming.url ?? '', 'http://server');
  const [, , container = '', ...path] = decodeURIComponent(pathname).split('/');
  const blobs = containers.get(container);
  const body = Buffer.concat(await Array.fromAsync(incoming, (piece) => Buffer.from(piece)));
  const method = incoming.method ?? 'GET';
  const call = { method, name: path.join('/'), query: searchParams, headers: incoming.headers, body };
  const answer =
    blobs === undefined ? refused(new Refusal(404, 'ContainerNotFound')) : answerTo({ ...call, blobs });
  const content = Buffer.from(answer.body ?? '');
  outgoing.sendDate = false;
  outgoing.writeHead(answer.status, {
    Date: new Date(blobs?.nowMs() ?? 0).toUTCString(),
    'x-ms-request-id': 'fake',
    'x-ms-version': '2026-04-06',
    ...(method === 'HEAD' ? {} : { 'Content-Length': content.length }),
    ...answer.headers,
  });
  outgoing.end(method === 'HEAD' ? undefined : content);
}

function answerTo(call: Call): Answer {
  try {
    if (call.query.get('comp') === 'list') return list(call);
    switch (call.method) {
      case 'PUT':
        return put(call);
      case 'GET':
        return get(call);
      case 'HEAD':
        return { status: 200, headers: propertiesOf(call.blobs.find(call.name, null)) };
      case 'DELETE':
        call.blobs.delete(call.name, call.query.get('versionid'));
        return { status: 202 };
      default:
        throw new Refusal(405, 'UnsupportedHttpVerb');
    }
  } catch (error) {
    if (error instanceof Refusal) return refused(error);
    throw error;
  }
}

function refused({ status, code }: Refusal): Answer {
  const body = `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>refused</Message></Error>`;
  return { status, body, headers: { 'x-ms-error-code': code, 'Content-Type': 'application/xml' } };
}

function put({ blobs, name, query, headers, body }: Call): Answer {
  const header = (key: string) => String(headers[key] ?? '');
  const until = header('x-ms-immutability-policy-until-date');
  const mode = header('x-ms-immutability-policy-mode');
  const policy = until === '' ? undefined : { untilMs: Date.parse(until), mode };
  switch (query.get('comp')) {
    case null: {
      const md5 = header('x-ms-blob-content-md5') || undefined;
      const tier = header('x-ms-access-tier') || 'Hot';
      const blob = blobs.put(name, body, { md5, tier, policy }, header('if-none-match') === '*');
      return { status: 201, headers: { 'x-ms-version-id': blob.versionId, ETag: `"${blob.versionId}"` } };
    }
    case 'tier':
      return { status: blobs.setTier(name, header('x-ms-access-tier'), header('x-ms-rehydrate-priority')) };
    case 'immutabilityPolicies':
      if (policy === undefined) throw new Refusal(400, 'MissingRequiredHeader');
      blobs.setPolicy(name, policy);
      return { status: 200 };
    case 'legalhold':
      blobs.setLegalHold(name, header('x-ms-legal-hold') === 'true');
      return { status: 200 };
    default:
      throw new Refusal(400, 'InvalidQueryParameterValue');
  }
}

function get({ blobs, name, query, headers }: Call): Answer {
  const blob = blobs.read(name, query.get('versionid'));
  const range = /^bytes=(\d+)-(\d*)$/.exec(String(headers['x-ms-range'] ?? headers['range'] ?? ''));
  const properties = { ...propertiesOf(blob), 'Content-Length': String(blob.bytes.length) };
  if (range === null) return { status: 200, headers: properties, body: blob.bytes };
  const start = Number(range[1]);
  if (start >= blob.bytes.length) throw new Refusal(416, 'InvalidRange');
  const body = blob.bytes.subarray(start, range[2] === '' ? undefined : Number(range[2]) + 1);
  const part = `bytes ${start}-${start + body.length - 1}/${blob.bytes.length}`;
  const others = Object.entries(properties).filter(([name]) => name !== 'Content-MD5');
  return {
    status: 206,
    headers: { ...Object.fromEntries(others), 'Content-Length': String(body.length), 'Content-Range': part },
    body,
  };
}

function propertiesOf(blob: FakeBlob): Record<string, string> {
  const { policy, rehydration } = blob;
  return {
    'Content-Length': String(blob.bytes.length),
    'Last-Modified': new Date(blob.modifiedMs).toUTCString(),
    ETag: `"${blob.versionId}"`,
    'x-ms-blob-type': 'BlockBlob',
    'x-ms-access-tier': blob.tier,
    'x-ms-version-id': blob.versionId,
    'x-ms-is-current-version': String(blob.isCurrent),
    'x-ms-legal-hold': String(blob.legalHold),
    ...(blob.md5 === undefined ? {} : { 'Content-MD5': blob.md5 }),
    ...(rehydration === undefined
      ? {}
      : {
          'x-ms-archive-status': `rehydrate-pending-to-${rehydration.tier.toLowerCase()}`,
          'x-ms-rehydrate-priority': rehydration.priority,
        }),
    ...(policy === undefined
      ? {}
      : {
          'x-ms-immutability-policy-until-date': new Date(policy.untilMs).toUTCString(),
          'x-ms-immutability-policy-mode': policy.mode.toLowerCase(),
        }),
  };
}

const pageBlobsMax = 5_000;

/** The marker is the number of the first blob of the page. */
function list({ blobs, query }: Call): Answer {
  const withVersions = (query.get('include') ?? '').split(',').includes('versions');
  const all = blobs.list(query.get('prefix') ?? '', withVersions);
  const start = Number(query.get('marker') ?? 0);
  const end = start + Number(query.get('maxresults') ?? pageBlobsMax);
  const entries = all.slice(start, end).map((blob) => entryOf(blob, withVersions));
  const next = end < all.length ? String(end) : '';
  const body = `<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="http://server/" ContainerName="container"><Blobs>${entries.join('')}</Blobs><NextMarker>${next}</NextMarker></EnumerationResults>`;
  return { status: 200, body, headers: { 'Content-Type': 'application/xml' } };
}

function entryOf(blob: FakeBlob, withVersion: boolean): string {
  const version = withVersion
    ? `<VersionId>${blob.versionId}</VersionId>${blob.isCurrent ? '<IsCurrentVersion>true</IsCurrentVersion>' : ''}`
    : '';
  const modified = new Date(blob.modifiedMs).toUTCString();
  return `<Blob><Name>${blob.name}</Name>${version}<Properties><Last-Modified>${modified}</Last-Modified><Etag>0x1</Etag><Content-Length>${blob.bytes.length}</Content-Length><BlobType>BlockBlob</BlobType><AccessTier>${blob.tier}</AccessTier></Properties></Blob>`;
}
