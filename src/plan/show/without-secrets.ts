import { hasSecretArgument, hideSecretArguments } from '../command-secrets.ts';

/** A copy of plain data in which no text holds a password or token among the arguments of a command or in an address. */
export function withoutSecrets(value: unknown): unknown {
  if (typeof value === 'string') return withoutSecretText(value);
  if (Array.isArray(value)) return value.map(withoutSecrets);
  return typeof value !== 'object' || value === null ? value : withoutSecretsIn(value);
}

export function withoutSecretsIn(data: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(data).map(([key, inner]) => [key, withoutSecrets(inner)]));
}

/** Text without a secret stays as it is, so that what is shown is the same plan. */
export function withoutSecretText(text: string): string {
  return hasSecretArgument(text) ? hideSecretArguments(text, '[secret]') : text;
}
