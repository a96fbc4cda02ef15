import { createHash } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';

/**
 * Every body of ours goes up with its Content-MD5: the server refuses what changed on the way. Of all checksums it is the
 * one that every server knows, and what object lock asks for.
 */
export function addContentMd5(client: S3Client): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const { request } = args;
      if (isRequest(request) && request.body instanceof Uint8Array && request.body.length > 0) {
        request.headers['content-md5'] = createHash('md5').update(request.body).digest('base64');
      }
      return await next(args);
    },
    { step: 'build', name: 'lifeboatContentMd5', priority: 'low' },
  );
}

interface HttpRequest {
  readonly headers: Record<string, string>;
  readonly body?: unknown;
}

function isRequest(value: unknown): value is HttpRequest {
  return typeof value === 'object' && value !== null && 'headers' in value;
}
