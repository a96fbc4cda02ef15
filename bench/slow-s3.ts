/**
 * A server that speaks as much of S3 as repositories need, so that both programs meet the same one: objects are files
 * below a folder, every request is answered so many milliseconds late, as if the store were that far away, and any
 * number of them at once. It believes every credential. For the benchmark alone, and started as a process of its own:
 * `node slow-s3.ts FOLDER MS`; the first line of its output is the port.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

interface Kept {
  readonly size: number;
  readonly modified: Date;
  readonly etag: string;
}

const pageKeys = 1000;
const namespace = 'http://s3.amazonaws.com/doc/2006-03-01/';
const [folder = '', delay = '0'] = process.argv.slice(2);
const delayMs = Number(delay);
/** By bucket and key: `bucket/key`. */
const objects = new Map<string, Kept>();

const server = createServer((request, response) => {
  // both at once: a body is on its way while its beginning still travels
  Promise.all([bodyOf(request), sleep(delayMs)])
    .then(([body]) => answer(request, body, response))
    .catch((error: Error) => {
      console.error(error.message);
      refuse(response, 500, 'InternalError');
    });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
process.once('SIGTERM', () => process.exit(0));

async function answer(request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://store');
  const name = decodeURIComponent(url.pathname.slice(1));
  const isBucket = !name.includes('/') || name.endsWith('/');
  if (isBucket) answerBucket(request, url, name.replace(/\/$/, ''), response);
  else if (request.method === 'PUT') await put(request, name, body, response);
  else if (request.method === 'DELETE') await remove(name, response);
  else await get(request, name, response);
}

function answerBucket(
  { method }: IncomingMessage,
  { searchParams: query }: URL,
  bucket: string,
  response: ServerResponse,
): void {
  if (query.has('location')) sendXml(response, `<LocationConstraint xmlns="${namespace}"/>`);
  else if (query.has('object-lock')) refuse(response, 404, 'ObjectLockConfigurationNotFoundError');
  else if (query.has('versioning')) sendXml(response, '<VersioningConfiguration/>');
  else if (method === 'GET') list(bucket, query, response);
  else response.writeHead(200).end();
}

function list(bucket: string, query: URLSearchParams, response: ServerResponse): void {
  const prefix = query.get('prefix') ?? '';
  const after = query.get('continuation-token') ?? query.get('start-after') ?? '';
  const from = `${bucket}/`.length;
  const keys = [...objects.keys()]
    .filter((name) => name.startsWith(`${bucket}/${prefix}`) && name.slice(from) > after)
    .sort();
  const page = keys.slice(0, Math.min(pageKeys, Number(query.get('max-keys') ?? pageKeys)));
  const last = page.at(-1)?.slice(from) ?? '';
  const isTruncated = page.length < keys.length;
  const next = isTruncated ? `<NextContinuationToken>${last}</NextContinuationToken>` : '';
  const contents = page.map((name) => contentXml(name.slice(from), objects.get(name)));
  sendXml(
    response,
    `<ListBucketResult xmlns="${namespace}"><Name>${bucket}</Name><Prefix>${prefix}</Prefix>` +
      `<KeyCount>${page.length}</KeyCount><MaxKeys>${pageKeys}</MaxKeys><IsTruncated>${isTruncated}</IsTruncated>${next}${contents.join('')}</ListBucketResult>`,
  );
}

/** Keys of repositories need no escape. */
function contentXml(key: string, kept: Kept | undefined): string {
  if (kept === undefined) return '';
  return `<Contents><Key>${key}</Key><LastModified>${kept.modified.toISOString()}</LastModified><ETag>&quot;${kept.etag}&quot;</ETag><Size>${kept.size}</Size><StorageClass>STANDARD</StorageClass></Contents>`;
}

async function put(
  { headers }: IncomingMessage,
  name: string,
  body: Buffer,
  response: ServerResponse,
): Promise<void> {
  if (headers['if-none-match'] === '*' && objects.has(name)) {
    refuse(response, 412, 'PreconditionFailed');
    return;
  }
  const isSigned = String(headers['x-amz-content-sha256'] ?? '').startsWith('STREAMING-');
  const bytes = isSigned ? withoutChunks(body) : body;
  const file = path.join(folder, name);
  await fs.promises.mkdir(path.dirname(file), { recursive: true });
  await fs.promises.writeFile(file, bytes);
  // a quick name is enough: no one compares it with what it holds
  const etag = createHash('md5').update(`${name} ${bytes.length}`).digest('hex');
  objects.set(name, { size: bytes.length, modified: new Date(), etag });
  response.writeHead(200, { etag: `"${etag}"` }).end();
}

async function remove(name: string, response: ServerResponse): Promise<void> {
  objects.delete(name);
  await fs.promises.rm(path.join(folder, name), { force: true });
  response.writeHead(204).end();
}

async function get(
  { method, headers }: IncomingMessage,
  name: string,
  response: ServerResponse,
): Promise<void> {
  const kept = objects.get(name);
  if (kept === undefined) {
    refuse(response, 404, 'NoSuchKey', method === 'HEAD');
    return;
  }
  const range = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '');
  const first = Number(range?.[1] ?? 0);
  const last = Math.min(range?.[2] ? Number(range[2]) : kept.size - 1, kept.size - 1);
  if (range && first >= kept.size) {
    refuse(response, 416, 'InvalidRange');
    return;
  }
  const length = last - first + 1;
  response.writeHead(range ? 206 : 200, {
    'content-length': length,
    'content-type': 'application/octet-stream',
    'accept-ranges': 'bytes',
    'last-modified': kept.modified.toUTCString(),
    etag: `"${kept.etag}"`,
    ...(range ? { 'content-range': `bytes ${first}-${last}/${kept.size}` } : {}),
  });
  response.end(method === 'HEAD' ? undefined : await read(path.join(folder, name), first, length));
}

async function read(file: string, offset: number, length: number): Promise<Buffer> {
  const handle = await fs.promises.open(file);
  try {
    const bytes = Buffer.allocUnsafeSlow(length);
    await handle.read(bytes, 0, length, offset);
    return bytes;
  } finally {
    await handle.close();
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** A signed stream: `size;chunk-signature=…`, a line's end, so many bytes, a line's end; the last has none. */
function withoutChunks(body: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; ) {
    const lineEnd = body.indexOf('\r\n', at);
    const size = Number.parseInt(body.toString('latin1', at, lineEnd), 16);
    if (!(size > 0)) break;
    parts.push(body.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
  return Buffer.concat(parts);
}

function sendXml(response: ServerResponse, text: string): void {
  response
    .writeHead(200, { 'content-type': 'application/xml' })
    .end(`<?xml version="1.0" encoding="UTF-8"?>${text}`);
}

function refuse(response: ServerResponse, status: number, code: string, isHead = false): void {
  const text = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`;
  response.writeHead(status, { 'content-type': 'application/xml' }).end(isHead ? undefined : text);
}
