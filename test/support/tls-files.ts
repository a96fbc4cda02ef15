/** Certificates for servers of tests, made by openssl. */
import fs from 'node:fs';
import path from 'node:path';
import { runQuietly } from '../../scripts/test/run-command.ts';

export interface TlsFiles {
  readonly authority: string;
  readonly otherAuthority: string;
  /** What the server shows, and its key. */
  readonly certificate: string;
  readonly key: string;
  readonly clientCertificate: string;
  readonly clientKey: string;
}

export function tlsFiles(folder: string): TlsFiles {
  const at = (name: string): string => path.join(folder, name);
  return {
    ...{ authority: at('ca.crt'), otherAuthority: at('other.crt') },
    ...{ certificate: at('server.crt'), key: at('server.key') },
    ...{ clientCertificate: at('client.crt'), clientKey: at('client.key') },
  };
}

/** An authority, certificates that it signed for a server and a client, and an authority that signed nothing. */
export function makeCertificates(folder: string): void {
  fs.mkdirSync(folder);
  const at = (name: string): string => path.join(folder, name);
  const openssl = (...values: readonly string[]): void => {
    const run = runQuietly('openssl', values, folder);
    if (run.exitCode !== 0) throw new Error(`openssl ${values[0]}: ${run.output}`);
  };
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  for (const name of ['ca', 'other']) {
    const files = ['-keyout', at(`${name}.key`), '-out', at(`${name}.crt`)];
    openssl('req', '-x509', ...key, '-days', '30', '-subj', `/CN=Test authority ${name}`, ...files);
  }
  fs.writeFileSync(at('names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
  const signing = ['-CA', at('ca.crt'), '-CAkey', at('ca.key'), '-CAcreateserial', '-extfile', at('names')];
  for (const [name, subject] of [
    ['server', 'localhost'],
    ['client', 'certified'],
  ]) {
    const request = at(`${name}.csr`);
    openssl('req', ...key, '-keyout', at(`${name}.key`), '-out', request, '-subj', `/CN=${subject}`);
    openssl('x509', '-req', '-in', request, '-days', '30', ...signing, '-out', at(`${name}.crt`));
    fs.chmodSync(at(`${name}.key`), 0o600);
  }
}
