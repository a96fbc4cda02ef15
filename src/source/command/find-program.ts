/** Looks a program up as execvp(3) does. */
import fs from 'node:fs';
import path from 'node:path';
import { environmentVariable } from '../../platform/environment.ts';

/** Whether `program` would be found by a process with this folder and these changes to the environment. */
export function isRunnable(
  program: string,
  cwd: string | undefined,
  env: Readonly<Record<string, string | undefined>> | undefined,
): boolean {
  const folder = cwd ?? '.';
  if (program.includes('/')) return isExecutable(path.resolve(folder, program));
  const search = env !== undefined && 'PATH' in env ? env['PATH'] : environmentVariable('PATH');
  return (search ?? '/bin:/usr/bin')
    .split(':')
    .some((one) => isExecutable(path.resolve(folder, one, program)));
}

function isExecutable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}
