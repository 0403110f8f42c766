/** Bodies of requests. v2 binds names whatever their case: public clients send `Name` and `name`. */

export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The members of an object by their names in lower case. */
export class Members {
  readonly #byName = new Map<string, unknown>();

  constructor(value: unknown) {
    if (isObject(value)) for (const [name, member] of Object.entries(value)) this.#byName.set(name.toLowerCase(), member);
  }

  has(name: string): boolean {
    return this.#byName.has(name.toLowerCase());
  }

  any(name: string): unknown {
    return this.#byName.get(name.toLowerCase());
  }

  text(name: string): string {
    const value = this.any(name);
    return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
  }

  list(name: string): readonly unknown[] {
    const value = this.any(name);
    return Array.isArray(value) ? value : [];
  }
}

/** A word of a fixed set, whatever its case; `undefined` where it is none of them. */
export function wordOf<T extends string>(value: unknown, words: readonly T[]): T | undefined {
  const text = typeof value === 'string' ? value.toLowerCase() : '';
  return words.find((word) => word.toLowerCase() === text);
}
