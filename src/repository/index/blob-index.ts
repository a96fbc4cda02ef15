/**
 * Which blob lies where, for millions of blobs: typed arrays and open addressing, about 60 bytes a blob.
 * A blob may lie in several packs; every place is kept, the first one added is found first.
 */
import { defined } from '../../error/assert.ts';
import type { BlobType, PackedBlob } from '../pack/pack-header.ts';

export interface BlobLocation {
  readonly packId: string;
  readonly offset: number;
  readonly length: number;
  readonly uncompressedLength: number;
}

const idBytes = 32;
const fieldsPerEntry = 4;
const initialEntries = 1024;

export class BlobIndex {
  readonly packIds: string[] = [];
  readonly #packNumbers = new Map<string, number>();
  #count = 0;
  #ids = Buffer.alloc(initialEntries * idBytes);
  /** Per entry: pack number, offset, stored length, uncompressed length. */
  #fields = new Uint32Array(initialEntries * fieldsPerEntry);
  #types = new Uint8Array(initialEntries);
  /** Entry number + 1, or 0 for an empty slot. */
  #slots = new Uint32Array(initialEntries * 2);

  /** Places held, counting a blob once per pack it lies in. */
  get size(): number {
    return this.#count;
  }

  addPack(packId: string, blobs: readonly PackedBlob[]): void {
    const pack = this.#packNumber(packId);
    for (const blob of blobs) this.#add(pack, blob);
  }

  packNumberOf(packId: string): number | undefined {
    return this.#packNumbers.get(packId);
  }

  hasPack(packId: string): boolean {
    return this.#packNumbers.has(packId);
  }

  has(type: BlobType, id: string): boolean {
    return this.#first(type, id) !== undefined;
  }

  find(type: BlobType, id: string): BlobLocation | undefined {
    const entry = this.#first(type, id);
    return entry === undefined ? undefined : this.#location(entry);
  }

  /** The number of the place that `find` gives, from 0 to below `size`: for figures about blobs in typed arrays. */
  entryOf(type: BlobType, id: string): number | undefined {
    return this.#first(type, id);
  }

  entryAt(entry: number): PackedBlob & { readonly packId: string } {
    const id = this.#ids.toString('hex', entry * idBytes, (entry + 1) * idBytes);
    return { id, type: this.#types[entry] === 1 ? 'tree' : 'data', ...this.#location(entry) };
  }

  /** The first place of the same blob: it stands for the blob where figures are kept per blob. */
  firstPlace(entry: number): number {
    const mask = this.#slots.length - 1;
    const start = entry * idBytes;
    for (let slot = this.#ids.readUInt32LE(start) & mask; ; slot = (slot + 1) & mask) {
      const other = (this.#slots[slot] ?? 0) - 1;
      if (other === entry || this.#sameBlob(other, entry)) return other;
    }
  }

  /** Number of the pack in `packIds`. */
  packNumberAt(entry: number): number {
    return this.#field(entry, 0);
  }

  offsetAt(entry: number): number {
    return this.#field(entry, 1);
  }

  /** Bytes as stored. */
  lengthAt(entry: number): number {
    return this.#field(entry, 2);
  }

  isTreeAt(entry: number): boolean {
    return this.#types[entry] === 1;
  }

  isCompressedAt(entry: number): boolean {
    return this.#field(entry, 3) > 0;
  }

  /** Bytes of the plaintext, or `undefined` when the blob is not known. */
  plaintextBytes(type: BlobType, id: string): number | undefined {
    const entry = this.#first(type, id);
    if (entry === undefined) return undefined;
    const uncompressed = this.#field(entry, 3);
    return uncompressed > 0 ? uncompressed : this.#field(entry, 2) - idBytes;
  }

  findAll(type: BlobType, id: string): BlobLocation[] {
    const locations: BlobLocation[] = [];
    const wanted = Buffer.from(id, 'hex');
    const mask = this.#slots.length - 1;
    for (let slot = wanted.readUInt32LE(0) & mask; ; slot = (slot + 1) & mask) {
      const entry = (this.#slots[slot] ?? 0) - 1;
      if (entry < 0) return locations;
      if (this.#matches(entry, type, wanted)) locations.push(this.#location(entry));
    }
  }

  *entries(): Generator<PackedBlob & { readonly packId: string }> {
    for (let entry = 0; entry < this.#count; entry++) yield this.entryAt(entry);
  }

  /** As the packs were added: a pack that came twice is told twice, or once with both if nothing came between. */
  *packs(): Generator<{ readonly id: string; readonly blobs: readonly PackedBlob[] }> {
    let pack: { readonly id: string; readonly blobs: PackedBlob[] } | undefined;
    for (const { packId: id, ...blob } of this.entries()) {
      if (pack?.id !== id) {
        if (pack) yield pack;
        pack = { id, blobs: [] };
      }
      pack.blobs.push(blob);
    }
    if (pack) yield pack;
  }

  /** The raw id of every data blob, for the set that workers share. The view is only good until the next one. */
  *dataIds(): Generator<Uint8Array> {
    for (let entry = 0; entry < this.#count; entry++) {
      if (this.#types[entry] === 0) yield this.#ids.subarray(entry * idBytes, (entry + 1) * idBytes);
    }
  }

  #packNumber(packId: string): number {
    const known = this.#packNumbers.get(packId);
    if (known !== undefined) return known;
    this.packIds.push(packId);
    this.#packNumbers.set(packId, this.packIds.length - 1);
    return this.packIds.length - 1;
  }

  #add(pack: number, blob: PackedBlob): void {
    if ((this.#count + 1) * idBytes > this.#ids.length) this.#grow();
    const entry = this.#count++;
    this.#ids.write(blob.id, entry * idBytes, 'hex');
    this.#types[entry] = blob.type === 'tree' ? 1 : 0;
    this.#fields.set([pack, blob.offset, blob.length, blob.uncompressedLength], entry * fieldsPerEntry);
    this.#link(entry);
  }

  #grow(): void {
    const entries = (this.#ids.length / idBytes) * 2;
    this.#ids = Buffer.concat([this.#ids], entries * idBytes);
    const fields = new Uint32Array(entries * fieldsPerEntry);
    fields.set(this.#fields);
    this.#fields = fields;
    const types = new Uint8Array(entries);
    types.set(this.#types);
    this.#types = types;
    this.#slots = new Uint32Array(entries * 2);
    for (let entry = 0; entry < this.#count; entry++) this.#link(entry);
  }

  #link(entry: number): void {
    const mask = this.#slots.length - 1;
    let slot = this.#ids.readUInt32LE(entry * idBytes) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = entry + 1;
  }

  #first(type: BlobType, id: string): number | undefined {
    const wanted = Buffer.from(id, 'hex');
    const mask = this.#slots.length - 1;
    for (let slot = wanted.readUInt32LE(0) & mask; ; slot = (slot + 1) & mask) {
      const entry = (this.#slots[slot] ?? 0) - 1;
      if (entry < 0) return undefined;
      if (this.#matches(entry, type, wanted)) return entry;
    }
  }

  #sameBlob(a: number, b: number): boolean {
    if (this.#types[a] !== this.#types[b]) return false;
    const [x, y] = [a * idBytes, b * idBytes];
    return this.#ids.compare(this.#ids, x, x + idBytes, y, y + idBytes) === 0;
  }

  #matches(entry: number, type: BlobType, wanted: Buffer): boolean {
    if (this.#types[entry] !== (type === 'tree' ? 1 : 0)) return false;
    return wanted.compare(this.#ids, entry * idBytes, (entry + 1) * idBytes) === 0;
  }

  #location(entry: number): BlobLocation {
    return {
      packId: defined(this.packIds[this.#field(entry, 0)], 'pack of an index entry'),
      offset: this.#field(entry, 1),
      length: this.#field(entry, 2),
      uncompressedLength: this.#field(entry, 3),
    };
  }

  #field(entry: number, field: number): number {
    return defined(this.#fields[entry * fieldsPerEntry + field], 'field of an index entry');
  }
}
