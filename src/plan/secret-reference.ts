/** Where a secret comes from; the secret itself is never part of a plan. */
export type SecretReference =
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'command'; readonly command: string }
  /** `path` of a file with the secret as a key service has wrapped it. */
  | { readonly kind: 'kms'; readonly path: string };

export type SecretReferenceResult =
  | { readonly ok: true; readonly value: SecretReference }
  | { readonly ok: false; readonly reason: string };

/**
 * Recognises `${env:NAME}`, `${file:path}`, `${command:words for sh -c}` and `${kms:path}`; nothing may stand around it.
 * The reason of a failure never repeats the text, because the text may be the secret itself.
 */
export function parseSecretReference(text: string): SecretReferenceResult {
  const match = /^\$\{(env|file|command|kms):([^\n]*)\}$/.exec(text.trim());
  if (match === null) return { ok: false, reason: 'a secret must not stand in the plan' };
  const value = (match[2] ?? '').trim();
  if (value === '') return { ok: false, reason: 'the reference to the secret names nothing' };
  if (match[1] === 'file') return { ok: true, value: { kind: 'file', path: value } };
  if (match[1] === 'kms') return { ok: true, value: { kind: 'kms', path: value } };
  if (match[1] === 'command') return { ok: true, value: { kind: 'command', command: value } };
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(value)) {
    return { ok: false, reason: 'the reference does not name an environment variable' };
  }
  return { ok: true, value: { kind: 'env', name: value } };
}

/** Writes a reference the way the plan has it. */
export function formatSecretReference(reference: SecretReference): string {
  if (reference.kind === 'env') return `\${env:${reference.name}}`;
  if (reference.kind === 'file') return `\${file:${reference.path}}`;
  if (reference.kind === 'kms') return `\${kms:${reference.path}}`;
  return `\${command:${reference.command}}`;
}
