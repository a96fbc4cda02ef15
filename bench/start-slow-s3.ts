/** Starts the store for the benchmark in a process of its own, because the programs are waited for without a pause. */
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';

export interface SlowS3 extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, as both programs name it. */
  readonly endpoint: string;
  /** Objects are files at `folder/bucket/key`. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
}

export async function startSlowS3(folder: string, delayMs: number): Promise<SlowS3> {
  const child = spawn(
    process.execPath,
    [path.join(import.meta.dirname, 'slow-s3.ts'), folder, String(delayMs)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const port = await firstLine(child);
  return {
    endpoint: `http://127.0.0.1:${port}`,
    folder,
    // no credentials and no configuration of this machine get in
    environment: {
      AWS_ACCESS_KEY_ID: 'bench',
      AWS_SECRET_ACCESS_KEY: 'bench only, not a secret',
      AWS_REGION: 'us-east-1',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null) return;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.stdout?.once('data', (text: Buffer) => resolve(text.toString().trim()));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the store for the benchmark ended with ${code}`)));
  });
}
