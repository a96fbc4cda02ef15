/** A small plan with two vaults, and `lifeboat up` as a process whose lines can be waited for. */
import assert from 'node:assert/strict';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import fs from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { openLocalStore } from '../../src/object-store/local/local-store.ts';
import { initVault } from '../../src/vault/open-vault.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { quickKdf } from '../support/vault.ts';
import { type CliOptions, type JsonLine, password, startCli } from './cli-process.ts';

/** Far longer than anything takes; a test that waits for what does not come fails instead of hanging. */
const waitMsMax = 30_000;

export interface UpScene extends Disposable {
  readonly folder: string;
  readonly options: CliOptions;
  path(...names: readonly string[]): string;
  writePlan(plan: PlanParts): void;
  /** Lines that the on_failure command has written. */
  alarms(): readonly string[];
}

export interface PlanParts {
  readonly systems: Readonly<Record<string, object>>;
  readonly deadManUrl?: string;
  readonly onFailure?: string;
}

export async function makeScene(): Promise<UpScene> {
  const scene: TemporaryFolder = temporaryFolder();
  const path = (...names: readonly string[]) => join(scene.path, ...names);
  fs.mkdirSync(path('uploads'));
  fs.writeFileSync(path('uploads', 'a.txt'), 'hello');
  using database = new DatabaseSync(path('shop.db'));
  database.exec('create table orders(id integer primary key); insert into orders values (1), (2)');
  for (const name of ['here', 'away'] as const) await makeQuickVault(path(name), scene.path);
  return {
    folder: scene.path,
    options: { folder: scene.path },
    path,
    writePlan: (parts) => writePlan(path('lifeboat.yaml'), parts),
    alarms: () => {
      const file = path('alarms.txt');
      return fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trimEnd().split('\n') : [];
    },
    [Symbol.dispose]: () => scene[Symbol.dispose](),
  };
}

/** Its key is derived in milliseconds. */
async function makeQuickVault(path: string, folder: string): Promise<void> {
  await using _vault = await initVault({
    store: openLocalStore(path),
    password,
    kdf: quickKdf,
    role: 'primary',
    stateFolder: join(folder, 'state'),
    cacheDirectory: join(folder, 'cache'),
    nowMs: () => Date.now(),
  });
}

/** JSON is YAML. */
function writePlan(path: string, { systems, deadManUrl, onFailure }: PlanParts): void {
  const plan = {
    version: 1,
    metadata: { id: '5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d77', name: 'Shop', owner: 'Jane Doe' },
    vaults: { here: { location: './here' }, away: { location: './away', role: 'secondary' } },
    on_failure: {
      command:
        onFailure ??
        'echo "$LIFEBOAT_EVENT|$LIFEBOAT_SYSTEM|$LIFEBOAT_VAULT|$LIFEBOAT_ERROR_CODE" >> alarms.txt && test -n "$LIFEBOAT_ERROR_MESSAGE"',
    },
    ...(deadManUrl === undefined ? {} : { dead_man_url: deadManUrl }),
    systems,
  };
  fs.writeFileSync(path, JSON.stringify(plan, undefined, 2));
}

/** Due long ago and not again before the test is over. */
export const rarely = 'monthly on the 1st at 04:00';

export const uploads = {
  source: { kind: 'files', paths: ['./uploads'] },
  schedule: rarely,
  checks: ['files'],
};

export const shopDatabase = {
  source: { kind: 'sqlite', path: './shop.db' },
  schedule: rarely,
  checks: [
    'integrity',
    { kind: 'sql', name: 'orders', query: 'select count(*) from orders', expect: 'source' },
  ],
};

export interface UpProcess extends AsyncDisposable {
  readonly pid: number;
  /** The first line after those already waited for that fits; fails when the process ends before. */
  line(type: string, fields?: Readonly<Record<string, unknown>>): Promise<JsonLine>;
  signal(name: NodeJS.Signals): void;
  readonly exit: Promise<number | null>;
  /** Everything it printed so far, both streams. */
  printed(): string;
}

export function startUp(options: CliOptions): UpProcess {
  const child = startCli(options, 'up', '--json');
  const seen: JsonLine[] = [];
  const output = { text: '', next: 0 };
  let wake = (): void => undefined;
  createInterface({ input: child.stdout }).on('line', (line) => {
    output.text += `${line}\n`;
    seen.push(JSON.parse(line));
    wake();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.text += text;
  });
  const exit = exitOf(child);
  void exit.then(() => wake());
  const line: UpProcess['line'] = async (type, fields = {}) => {
    const wanted = Object.entries(fields);
    const deadline = performance.now() + waitMsMax;
    for (;;) {
      for (; output.next < seen.length; output.next += 1) {
        const candidate = seen[output.next];
        if (candidate?.type === type && wanted.every(([name, value]) => candidate[name] === value)) {
          output.next += 1;
          return candidate;
        }
      }
      assert.equal(child.exitCode, null, `ended while waiting for ${type}: ${output.text}`);
      const news = new Promise<void>((resolve) => {
        wake = resolve;
      });
      assert.ok(await withinMs(news, deadline - performance.now()), `no ${type} came: ${output.text}`);
    }
  };
  return {
    pid: child.pid ?? 0,
    line,
    exit,
    signal: (name) => void child.kill(name),
    printed: () => output.text,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exit;
    },
  };
}

function exitOf(child: ChildProcessWithoutNullStreams): Promise<number | null> {
  return new Promise((resolve) => child.once('close', resolve));
}

/** False when it did not happen in time. */
export async function withinMs(happening: Promise<unknown>, limitMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, limitMs), false);
  });
  const result = await Promise.race([happening.then(() => true), over]);
  clearTimeout(timer);
  return result;
}

export interface DeadManServer extends AsyncDisposable {
  /** Its path is a secret. */
  readonly url: string;
  readonly secret: string;
  hits(): number;
  /** What it answers from now on. */
  answer(status: number): void;
}

export async function startDeadManServer(): Promise<DeadManServer> {
  const secret = 'ping-7d1f0c52b3';
  const state = { hits: 0, status: 200 };
  const server = createServer((request, response) => {
    if (request.method === 'GET' && request.url === `/${secret}`) state.hits += 1;
    response.writeHead(state.status).end('heard');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return {
    url: `http://127.0.0.1:${address.port}/${secret}`,
    secret,
    hits: () => state.hits,
    answer: (status) => {
      state.status = status;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
