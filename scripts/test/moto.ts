/**
 * moto, the one server for tests that enforces object lock, conditional puts and versions of S3, and speaks KMS.
 * Debian 13 has it in pure Python; it runs on the libraries of Debian 12 too (see programs.ts).
 */
import fs from 'node:fs';
import path from 'node:path';
import { fetchPackages } from './fetch-packages.ts';

export type Moto =
  | { readonly kind: 'found' /** For PYTHONPATH. */; readonly folder: string }
  | { readonly kind: 'missing'; readonly reason: string };

/** Fetches it into `.cache/` below `root` where it is not there yet. */
export function ensureMoto(root: string): Moto {
  const unpacked = path.join(root, '.cache', 'moto');
  const folder = path.join(unpacked, 'usr', 'lib', 'python3', 'dist-packages');
  const isThere = () => fs.existsSync(path.join(folder, 'moto', 'server.py'));
  if (isThere()) return { kind: 'found', folder };
  fs.rmSync(unpacked, { recursive: true, force: true });
  const problem = fetchPackages({ suite: 'trixie', packages: ['python3-moto'], folder: unpacked });
  if (isThere()) return { kind: 'found', folder };
  return { kind: 'missing', reason: problem ?? 'the package python3-moto holds no moto/server.py' };
}
