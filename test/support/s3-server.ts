/** Real S3 servers for tests, on free ports of loopback. What they keep is gone with them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import { ensureMoto } from '../../scripts/test/moto.ts';
import { type TemporaryFolder, temporaryFolder } from './temporary-folder.ts';

export interface S3Server extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. */
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** For children that find credentials as usual; no configuration of the machine gets in. */
  readonly environment: Readonly<Record<string, string>>;
  readonly client: S3Client;
  /** Where its output goes; gone with it. */
  readonly logFile: string;
  /** An empty bucket of its own; its name. */
  makeBucket(options?: BucketOptions): Promise<string>;
}

export interface BucketOptions {
  /** With object lock, and so with versions. */
  readonly locked?: boolean;
  readonly versioned?: boolean;
}

interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const region = 'us-east-1';
const startMsMax = 30_000;
const stopMsMax = 5_000;
/** Debian's own: the modules are made for it, and another Python may stand before it in PATH. */
const python = '/usr/bin/python3';

/**
 * Enforces object lock, conditional puts and versions; believes every credential. Keeps all in memory. Speaks
 * other services of Amazon at the same endpoint. Fetches itself where it is missing.
 */
export async function startMoto(): Promise<S3Server> {
  const moto = ensureMoto(join(import.meta.dirname, '..', '..'));
  if (moto.kind === 'missing') throw new Error(`no S3 server for tests: ${moto.reason}`);
  const script = join(import.meta.dirname, 'run-moto.py');
  return await start({
    argumentsOf: () => [script],
    environment: { PYTHONPATH: moto.folder, PYTHONDONTWRITEBYTECODE: '1' },
    keys: {
      accessKeyId: 'AKIALIFEBOATTESTS000',
      secretAccessKey: 'a-secret-of-tests-that-no-output-may-show',
    },
  });
}

/** OpenStack Swift, as its clusters run it: on disk, checks signatures and Content-MD5, lists in pages. Neither object lock nor conditional puts. */
export async function startSwift(): Promise<S3Server> {
  const script = join(import.meta.dirname, 'run-swift.py');
  return await start({
    argumentsOf: (folder) => [script, folder],
    environment: { PYTHONDONTWRITEBYTECODE: '1' },
    keys: { accessKeyId: 'test:tester', secretAccessKey: 'a-secret-of-tests-that-no-output-may-show' },
  });
}

interface ToStart {
  readonly argumentsOf: (folder: string) => readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly keys: Keys;
}

async function start({ argumentsOf, environment, keys }: ToStart): Promise<S3Server> {
  const folder = temporaryFolder();
  const logFile = join(folder.path, 'output');
  const log = openSync(logFile, 'w');
  const child = spawn(python, argumentsOf(folder.path), {
    env: { PATH: process.env['PATH'] ?? '', ...environment },
    cwd: folder.path,
    stdio: ['ignore', 'pipe', log],
  });
  closeSync(log);
  try {
    const port = await portOf(child, logFile);
    return serverAt(`http://127.0.0.1:${port}`, keys, { child, folder, logFile });
  } catch (error) {
    await stop(child);
    folder[Symbol.dispose]();
    throw error;
  }
}

async function portOf(child: ChildProcess, logFile: string): Promise<number> {
  const { stdout } = child;
  if (stdout === null) throw new Error('the server has no output');
  const said = new Promise<string>((resolve) => {
    stdout.once('data', (text: Buffer) => resolve(text.toString()));
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code) => resolve(`ended with ${code}`));
  });
  const over = new AbortController();
  const late = sleep(startMsMax, 'it did not start in time', { signal: over.signal, ref: false });
  const answer = await Promise.race([said, late.catch(() => '')]);
  over.abort();
  const port = Number(answer);
  if (Number.isSafeInteger(port) && port > 0) return port;
  throw new Error(`the S3 server for tests: ${answer.trim()}\n${readFileSync(logFile, 'utf8').slice(-2000)}`);
}

interface Held {
  readonly child: ChildProcess;
  readonly folder: TemporaryFolder;
  readonly logFile: string;
}

function serverAt(endpoint: string, keys: Keys, { child, folder, logFile }: Held): S3Server {
  const client = new S3Client({
    endpoint,
    region,
    credentials: keys,
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  let buckets = 0;
  return {
    endpoint,
    region,
    ...keys,
    environment: {
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      AWS_REGION: region,
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    client,
    logFile,
    makeBucket: async ({ locked = false, versioned = false } = {}) => {
      buckets += 1;
      const Bucket = `bucket-${buckets}`;
      await client.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: locked }));
      if (versioned && !locked) {
        const VersioningConfiguration = { Status: 'Enabled' } as const;
        await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
      }
      return Bucket;
    },
    [Symbol.asyncDispose]: async () => {
      client.destroy();
      await stop(child);
      folder[Symbol.dispose]();
    },
  };
}

/** Returns when it has ended. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const over = new AbortController();
  const late = sleep(stopMsMax, 'late', { signal: over.signal }).catch(() => undefined);
  if ((await Promise.race([ended, late])) === 'late') child.kill('SIGKILL');
  over.abort();
  await ended;
}
