/** A square picture that any viewer opens. Format: PNG specification, third edition, sections 5 and 11. */
import { crc32, deflateSync } from 'node:zlib';

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const bitDepth = 8;
const trueColour = 2;
const bytesPerPixel = 3;

/** Waves of colour; `seed` makes each picture another one. */
export function pngPicture(side: number, seed: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([bitDepth, trueColour], 8);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(pixels(side, seed))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Each row begins with its filter, 0 for none. */
function pixels(side: number, seed: number): Buffer {
  const rowBytes = 1 + side * bytesPerPixel;
  const rows = Buffer.alloc(side * rowBytes);
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      const at = y * rowBytes + 1 + x * bytesPerPixel;
      rows[at] = wave(x * y, seed);
      rows[at + 1] = wave(x * x + y * seed, seed + 1);
      rows[at + 2] = wave(y * y + x * 3, seed + 2);
    }
  }
  return rows;
}

function wave(position: number, seed: number): number {
  return Math.round(127 + 127 * Math.sin((position * (1 + (seed % 7))) / 900));
}

function chunk(type: string, content: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(content.length, 0);
  frame.writeUInt32BE(crc32(typed), 4);
  return Buffer.concat([frame.subarray(0, 4), typed, frame.subarray(4)]);
}
