/**
 * Names of extended attributes are bytes. As text they are UTF-8; a byte that is not part of valid UTF-8
 * becomes the lone surrogate U+DC00 + byte, so that the exact bytes can be had back (the scheme of Python's
 * PEP 383). Encoded as plain UTF-8 such a name shows U+FFFD, which is what restic stores.
 */
const replacement = '\ufffd';
const escapeBase = 0xdc00;

export function decodeAttributeName(bytes: Buffer): string {
  const text = bytes.toString();
  if (!text.includes(replacement)) return text;
  let name = '';
  for (let offset = 0; offset < bytes.length; ) {
    const length = characterLength(bytes, offset);
    name +=
      length === 0
        ? String.fromCharCode(escapeBase + (bytes[offset] ?? 0))
        : bytes.toString('utf8', offset, offset + length);
    offset += Math.max(length, 1);
  }
  return name;
}

export function encodeAttributeName(name: string): Buffer {
  if (name.isWellFormed()) return Buffer.from(name);
  return Buffer.concat([...name].map(encodeCharacter));
}

function encodeCharacter(character: string): Buffer {
  const point = character.codePointAt(0) ?? 0;
  const isEscape = point >= escapeBase + 0x80 && point <= escapeBase + 0xff;
  return isEscape ? Buffer.of(point - escapeBase) : Buffer.from(character);
}

/** Bytes of the valid character at the offset; 0 when there is none. */
function characterLength(bytes: Buffer, offset: number): number {
  for (let length = 1; length <= 4 && offset + length <= bytes.length; length++) {
    const piece = bytes.subarray(offset, offset + length);
    const text = piece.toString();
    if ([...text].length === 1 && Buffer.from(text).equals(piece)) return length;
  }
  return 0;
}
