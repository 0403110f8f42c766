/** Items of which more are gathered than memory holds as they are: kept in packed pages, a tenth of their size. */
import { deserialize, serialize } from 'node:v8';
import { deflateRawSync, inflateRawSync } from 'node:zlib';

const PAGE_ITEMS = 500;

export class Packed<Item> {
  readonly #pages: Buffer[] = [];
  #open: Item[] = [];

  get size(): number {
    return this.#pages.length * PAGE_ITEMS + this.#open.length;
  }

  add(item: Item): void {
    this.#open.push(item);
    if (this.#open.length < PAGE_ITEMS) return;
    this.#pages.push(deflateRawSync(serialize(this.#open), { level: 1 }));
    this.#open = [];
  }

  /** Copies, in the order in which they were added: data alone, Buffers, Maps and Sets included. */
  *pages(): Generator<readonly Item[], void> {
    for (const page of this.#pages) yield deserialize(inflateRawSync(page)) as Item[];
    if (this.#open.length > 0) yield deserialize(serialize(this.#open)) as Item[];
  }
}
