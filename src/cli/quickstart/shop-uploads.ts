/** The uploads of the demonstration shop: real PNG and PDF files, tables and texts, nested and oddly named. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { randomBytes } from '../../platform/random.ts';
import { pdfInvoice } from './pdf-invoice.ts';
import { pngPicture } from './png-picture.ts';

const pictures = 36;
const pictureSides = [96, 160, 240, 320] as const;
const invoices = 18;
const scanBytes = 3 * 1024 * 1024;

export function makeUploads(folder: string): void {
  for (let number = 1; number <= pictures; number += 1) {
    const side = pictureSides[number % pictureSides.length] ?? 96;
    put(
      folder,
      `pictures/2026/${String(number % 12).padStart(2, '0')}/product-${number}.png`,
      pngPicture(side, number),
    );
  }
  for (let number = 1; number <= invoices; number += 1)
    put(folder, `invoices/2026/invoice ${1000 + number}.pdf`, pdfInvoice(`Invoice ${1000 + number}`));
  put(folder, 'scans/delivery-notes.tar', randomBytes(scanBytes));
  put(folder, 'exports/customers.csv', table());
  put(folder, 'odd names/-starts-with-a-dash.txt', 'not an option\n');
  put(folder, 'odd names/Grüße aus Köln 🌊.txt', 'viele Grüße\n');
  put(folder, 'odd names/注文書.txt', '注文\n');
  put(folder, 'odd names/.hidden', 'seen all the same\n');
  put(folder, 'odd names/empty', '');
  put(folder, `deep/${'a/'.repeat(12)}bottom.txt`, 'down here\n');
  mkdirSync(join(folder, 'empty folder'));
}

/** SHA-256 in hexadecimal by path below the folder; empty when the folder is not there. */
export function uploadSums(folder: string): ReadonlyMap<string, string> {
  const sums = new Map<string, string>();
  for (const file of filesBelow(folder, '').sort()) {
    sums.set(
      file,
      createHash('sha256')
        .update(readFileSync(join(folder, file)))
        .digest('hex'),
    );
  }
  return sums;
}

function filesBelow(folder: string, below: string): string[] {
  return readdirSync(join(folder, below), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesBelow(folder, join(below, entry.name)) : [join(below, entry.name)],
  );
}

function put(folder: string, name: string, content: string | Uint8Array): void {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

function table(): string {
  const rows = Array.from(
    { length: 2000 },
    (_, at) => `${at + 1};customer${at + 1}@example.com;${(at * 37) % 500}`,
  );
  return `number;email;points\n${rows.join('\n')}\n`;
}
