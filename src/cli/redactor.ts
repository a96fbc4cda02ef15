/** Keeps secrets out of everything that is printed. */
export interface Redactor {
  /** From now on, no text that passes holds this value. */
  hide(secret: string): void;
  redact(text: string): string;
}

export const hiddenText = '[secret]';

/** Shorter ones occur in any text by chance: replacing them would garble the output and show where they are. */
const secretLengthMin = 4;

export function createRedactor(): Redactor {
  const secrets = new Set<string>();
  return {
    hide(secret) {
      for (const form of [secret, secret.trim(), ...secret.split('\n')]) {
        if (form.length >= secretLengthMin) secrets.add(form);
      }
    },
    redact(text) {
      // longest first: one secret may be the beginning of another
      const inOrder = [...secrets].sort((a, b) => b.length - a.length);
      return inOrder.reduce((safe, secret) => safe.replaceAll(secret, hiddenText), text);
    },
  };
}
