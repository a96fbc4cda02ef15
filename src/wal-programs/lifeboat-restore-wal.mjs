#!/usr/bin/env node
/**
 * For `restore_command`: `lifeboat-restore-wal --system shop %f %p`. Ends with 0 when the whole file is there, with 1 when
 * every vault says that there is none, and with 200 when that is not known: above 125 a server stops, instead of
 * ending its recovery before the log does.
 */
import fs from 'node:fs';
import { ask, clusterHere, complain, doItHere, readWords, unheard } from './wal-client.mjs';

const program = 'lifeboat-restore-wal';
const absent = 1;
const notKnown = 200;
process.exitCode = await main();

async function main() {
  const options = readWords(process.argv.slice(2));
  if (options === undefined) {
    process.stderr.write(
      `usage: ${program} [--socket PATH] [--system NAME] [--ticket FILE] [--timeout SECONDS] %f %p\n`,
    );
    return notKnown;
  }
  const [name, path] = options.rest;
  const work = `${path}.work`;
  try {
    return await fetchFile(options, name, path, work);
  } catch (error) {
    complain(program, { code: error.code ?? 'ERROR', message: error.message, hint: error.hint });
    return notKnown;
  } finally {
    fs.rmSync(work, { force: true });
  }
}

async function fetchFile(options, name, path, work) {
  const question = { system: options.system, name, cluster: clusterHere() };
  const file = fs.openSync(work, 'w', 0o600);
  let written = 0;
  const take = (part) => {
    for (let at = 0; at < part.length; ) at += fs.writeSync(file, part, at);
    written += part.length;
  };
  let answer;
  try {
    answer = await ask(options, { do: 'get', ...question }, undefined, take);
    if (answer.unheard !== undefined && options.ticket !== undefined) {
      const { getDirectly } = await doItHere();
      answer = await getDirectly(options.ticket, question, take);
    }
    if (Number.isSafeInteger(answer.size) && answer.size === written) fs.fsyncSync(file);
  } finally {
    fs.closeSync(file);
  }
  if (Number.isSafeInteger(answer.size) && answer.size === written) {
    fs.renameSync(work, path);
    return 0;
  }
  if (answer.absent === true) {
    process.stderr.write(`${program}: no vault has a file ${name}\n`);
    return absent;
  }
  if (answer.unheard !== undefined) unheard(program, options, answer.unheard);
  else complain(program, answer.error ?? { code: 'ANSWER', message: 'the answer cannot be understood' });
  return notKnown;
}
