/** Where a secret comes from; the secret itself is never part of a plan. */
export type SecretReference =
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'command'; readonly command: string };

export type SecretReferenceResult =
  | { readonly ok: true; readonly value: SecretReference }
  | { readonly ok: false; readonly reason: string };

/**
 * Recognises `${env:NAME}`, `${file:path}` and `${command:words for sh -c}`; nothing may stand around it.
 * The reason of a failure never repeats the text, because the text may be the secret itself.
 */
export function parseSecretReference(text: string): SecretReferenceResult {
  const match = /^\$\{(env|file|command):([^\n]*)\}$/.exec(text.trim());
  if (match === null) return { ok: false, reason: 'a secret must not stand in the plan' };
  const value = (match[2] ?? '').trim();
  if (value === '') return { ok: false, reason: 'the reference to the secret names nothing' };
  if (match[1] === 'file') return { ok: true, value: { kind: 'file', path: value } };
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
  return `\${command:${reference.command}}`;
}
