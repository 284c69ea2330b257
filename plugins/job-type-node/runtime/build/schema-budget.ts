import type { Schema } from '../worker/signatures.ts';

/** Of a schema, in characters; the pages that show it are no use long before. */
const SCHEMA_SIZE = 100_000;
/** Of all schemas of a file. */
const FILE_SIZE = 2_000_000;
/** What a schema takes beside the texts in it. */
const NODE_SIZE = 20;
/** Far from where the stack ends. */
const MAX_DEPTH = 100;

/**
 * Limits what types are turned into: a few lines of types that name each other stand for more than any machine holds.
 * What goes beyond it is `{}`, which takes everything.
 */
export class SchemaBudget {
  #leftOfFile = FILE_SIZE;
  #left = 0;
  #depth = 0;

  /** Makes a schema, or a part of one, unless too much has been made. */
  make(compose: () => Schema): Schema {
    if (this.#depth === 0) this.#left = Math.min(SCHEMA_SIZE, this.#leftOfFile);
    if (this.#depth === MAX_DEPTH || !this.spend(NODE_SIZE)) return {};
    this.#depth += 1;
    try {
      return compose();
    } finally {
      this.#depth -= 1;
    }
  }

  /** @returns whether a text of so many characters still fits in. */
  spend(size: number): boolean {
    if (size > this.#left) {
      this.#left = 0;
      return false;
    }
    this.#left -= size;
    this.#leftOfFile -= size;
    return true;
  }
}
