#!/usr/bin/env node
/**
 * For `archive_command`: `lifeboat-archive-wal --system shop %p %f`. Ends with 0 only when the file is durable in the
 * vaults; with 1 the server keeps it and tries again.
 */
import fs from 'node:fs';
import { ask, clusterHere, complain, doItHere, readWords, unheard } from './wal-client.mjs';

const program = 'lifeboat-archive-wal';
process.exitCode = await main();

async function main() {
  const options = readWords(process.argv.slice(2));
  if (options === undefined) {
    process.stderr.write(
      `usage: ${program} [--socket PATH] [--system NAME] [--ticket FILE] [--timeout SECONDS] %p %f\n`,
    );
    return 1;
  }
  const [path, name] = options.rest;
  let bytes;
  try {
    bytes = fs.readFileSync(path);
  } catch (error) {
    complain(program, { code: error.code, message: `${path} cannot be read` });
    return 1;
  }
  const question = { system: options.system, name, cluster: clusterHere() };
  const answer = await ask(options, { do: 'put', ...question, size: bytes.length }, bytes, () => undefined);
  if (answer.ok === true) return 0;
  if (answer.unheard === undefined) {
    complain(program, answer.error ?? { code: 'ANSWER', message: 'the answer cannot be understood' });
    return 1;
  }
  if (options.ticket === undefined) {
    unheard(program, options, answer.unheard);
    return 1;
  }
  try {
    const { putDirectly } = await doItHere();
    await putDirectly(options.ticket, question, bytes);
    return 0;
  } catch (error) {
    complain(program, { code: error.code ?? 'ERROR', message: error.message, hint: error.hint });
    return 1;
  }
}
