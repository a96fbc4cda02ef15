import { readdirSync } from 'node:fs';

/** The bytes of every path below the folder, relative to it, without following a link. */
export function pathsBelow(folder: string | Buffer): Buffer[] {
  const root = Buffer.from(folder);
  return readdirSync(root, { withFileTypes: true, encoding: 'buffer' }).flatMap((entry) => {
    if (!entry.isDirectory()) return [entry.name];
    const below = pathsBelow(Buffer.concat([root, Buffer.from('/'), entry.name]));
    return [entry.name, ...below.map((path) => Buffer.concat([entry.name, Buffer.from('/'), path]))];
  });
}
