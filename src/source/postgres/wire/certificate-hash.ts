/**
 * The hash of a server's certificate to which SCRAM is bound (tls-server-end-point, RFC 5929): that of its own
 * signature, but SHA-256 where that is MD5 or SHA-1.
 */
import { createHash } from 'node:crypto';

/** `undefined` when its signature has no one hash, such as that of Ed25519; then nothing can be bound to it. */
export function certificateHash(der: Buffer): Buffer | undefined {
  const hash = hashBySignature.get(signatureAlgorithm(der) ?? '');
  return hash === undefined ? undefined : createHash(hash).update(der).digest();
}

/** By the hexadecimal digits of the object identifier. */
const hashBySignature: ReadonlyMap<string, string> = new Map([
  ['2a864886f70d010104', 'sha256'], // MD5 with RSA
  ['2a864886f70d010105', 'sha256'], // SHA-1 with RSA
  ['2a864886f70d01010b', 'sha256'],
  ['2a864886f70d01010c', 'sha384'],
  ['2a864886f70d01010d', 'sha512'],
  ['2a8648ce3d0401', 'sha256'], // SHA-1 with ECDSA
  ['2a8648ce3d040302', 'sha256'],
  ['2a8648ce3d040303', 'sha384'],
  ['2a8648ce3d040304', 'sha512'],
]);

/** A certificate is a sequence of what is signed, the algorithm (a sequence that begins with its name), the signature. */
function signatureAlgorithm(der: Buffer): string | undefined {
  const certificate = elementAt(der, 0);
  const signed = certificate && elementAt(der, certificate.start);
  const algorithm = signed && elementAt(der, signed.end);
  const name = algorithm && elementAt(der, algorithm.start);
  return name && der.toString('hex', name.start, name.end);
}

interface Element {
  /** Of what it holds. */
  readonly start: number;
  readonly end: number;
}

/** Tag of one byte, and a length of one byte or of as many as the first one says. */
function elementAt(der: Buffer, at: number): Element | undefined {
  const first = der[at + 1];
  if (first === undefined) return undefined;
  const more = first < 0x80 ? 0 : first & 0x7f;
  if (more > 4 || at + 2 + more > der.length) return undefined;
  const length = more === 0 ? first : der.readUIntBE(at + 2, more);
  const start = at + 2 + more;
  return start + length > der.length ? undefined : { start, end: start + length };
}
