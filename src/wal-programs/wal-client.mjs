/**
 * What `lifeboat-archive-wal` and `lifeboat-restore-wal` have in common: a question to the running `lifeboat up` over its
 * socket. Plain JavaScript for any Node from 18 on, and nothing is loaded that need not be: a server starts these for
 * every file of its log. The questions and answers are in docs/formats/wal-socket.md.
 */
import fs from 'node:fs';
import net from 'node:net';

const socketUsual = '/run/lifeboat/wal.sock';
const silenceMsUsual = 120_000;
const answerLineBytesMax = 65_536;

/** Options that come before the two words that the server gives. */
const flags = {
  '--socket': 'socket',
  '--system': 'system',
  '--ticket': 'ticket',
  '--timeout': 'timeoutS',
};

/** The last two words are `%p %f`, or `%f %p`. `undefined` when they are not there. */
export function readWords(words) {
  const options = {};
  const rest = [];
  for (let at = 0; at < words.length; at++) {
    const name = flags[words[at]];
    if (name !== undefined) options[name] = words[++at];
    else rest.push(words[at]);
  }
  const isWrong = rest.length !== 2 || rest.some((word) => word === '' || word.startsWith('-'));
  const hasEmpty = Object.values(options).includes(undefined);
  const timeoutS = Number(options.timeoutS ?? silenceMsUsual / 1000);
  if (isWrong || hasEmpty || !(timeoutS > 0 && timeoutS <= 86_400)) return undefined;
  const socket = options.socket ?? process.env.LIFEBOAT_WAL_SOCKET ?? socketUsual;
  return { ...options, socket, silenceMs: timeoutS * 1000, rest };
}

/**
 * The identifier of the cluster in whose data directory this runs, as a server runs it: the first eight bytes of its
 * control file. `undefined` elsewhere.
 */
export function clusterHere() {
  try {
    const head = Buffer.alloc(8);
    const file = fs.openSync('global/pg_control', 'r');
    try {
      if (fs.readSync(file, head, 0, 8, 0) !== 8) return undefined;
    } finally {
      fs.closeSync(file);
    }
    return head.readBigUInt64LE().toString();
  } catch {
    // a question without it is still one
    return undefined;
  }
}

/**
 * `take` gets the bytes of an answer as they come. Gives the line of the answer; `{ unheard }` when nobody listens, so
 * that nothing was done.
 */
export function ask({ socket: path, silenceMs }, question, bytes, take) {
  return new Promise((resolve) => {
    const socket = net.connect(path);
    let line = Buffer.alloc(0);
    let answer;
    let left = 0;
    let isConnected = false;
    const fail = (code, message) => {
      socket.destroy();
      resolve({ error: { code, message } });
    };
    const takePart = (part) => {
      const own = part.subarray(0, left);
      left -= own.length;
      try {
        take(own);
      } catch (error) {
        fail('WRITE', error.message);
      }
    };
    socket.setTimeout(silenceMs, () => fail('SILENT', `no answer within ${silenceMs / 1000} s`));
    socket.on('connect', () => {
      isConnected = true;
      socket.write(`${JSON.stringify({ v: 1, ...question })}\n`);
      if (bytes !== undefined) socket.write(bytes);
    });
    socket.on('data', (part) => {
      if (answer !== undefined) return takePart(part);
      line = Buffer.concat([line, part]);
      const end = line.indexOf(10);
      if (end < 0)
        return line.length > answerLineBytesMax
          ? fail('ANSWER', 'what answers is no lifeboat up')
          : undefined;
      try {
        answer = JSON.parse(line.subarray(0, end).toString());
      } catch {
        return fail('ANSWER', 'what answers is no lifeboat up');
      }
      left = answer.size ?? 0;
      takePart(line.subarray(end + 1));
    });
    socket.on('error', (error) => {
      if (!isConnected) resolve({ unheard: error.code });
      else fail('CUT', error.message);
    });
    socket.on('close', () => {
      if (answer === undefined || left > 0) fail('CUT', 'the answer was cut off');
      else resolve(answer);
    });
  });
}

/** For the log of the server. */
export function complain(program, { code, message, hint }) {
  process.stderr.write(
    `${program}: ${message} (${code})${hint === undefined ? '' : `\n${program}: ${hint}`}\n`,
  );
}

export function unheard(program, { socket, ticket }, code) {
  const why = code === 'EACCES' ? 'may not be opened by this user' : 'is not answered';
  const rest = ticket === undefined ? ', and no --ticket lets it be done without' : '';
  complain(program, { code, message: `the socket ${socket} of lifeboat up ${why}${rest}` });
}

/** Where no `lifeboat up` runs: the work itself, by a program that is loaded only then. */
export async function doItHere() {
  const { enableCompileCache } = await import('node:module');
  const { HOME, XDG_CACHE_HOME } = process.env;
  const cache = XDG_CACHE_HOME ?? (HOME === undefined ? undefined : `${HOME}/.cache`);
  // in a folder of this user: code from one that everybody may write would run with our rights
  if (cache !== undefined) enableCompileCache?.(`${cache}/lifeboat/compiled`);
  const isCheckout = import.meta.url.endsWith('/src/wal-programs/wal-client.mjs');
  return await import(new URL(isCheckout ? '../wal-direct.ts' : '../wal-direct.js', import.meta.url).href);
}
