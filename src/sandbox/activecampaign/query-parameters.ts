/** Query parameters in PHP's notation: `limit=20`, `ids[]=1`, `filters[name][eq]=x`, `orders[id]=ASC`. */

export interface FilterTest {
  readonly field: string;
  /** `eq` unless the query names another one. */
  readonly operator: string;
  readonly value: string;
}

export interface Ordering {
  readonly field: string;
  readonly descending: boolean;
}

const NAME = /^([^[\]]+)((?:\[[^\]]*\])*)$/;

export class QueryParameters {
  readonly #plain = new Map<string, string>();
  readonly #lists = new Map<string, string[]>();
  readonly filters: readonly FilterTest[];
  readonly orders: readonly Ordering[];

  constructor(query: URLSearchParams) {
    const filters: FilterTest[] = [];
    const orders: Ordering[] = [];
    for (const [rawName, value] of query) {
      const match = NAME.exec(rawName);
      if (match === null) continue;
      const name = match[1]!;
      const keys = [...match[2]!.matchAll(/\[([^\]]*)\]/g)].map((key) => key[1]!);
      if (keys.length === 0) this.#plain.set(name, value);
      else if (name === 'filters') filters.push({ field: keys[0]!, operator: keys[1] || 'eq', value });
      else if (name === 'orders') orders.push({ field: keys[0]!, descending: /^desc$/i.test(value) });
      else this.#lists.set(name, [...(this.#lists.get(name) ?? []), value]);
    }
    this.filters = filters;
    this.orders = orders;
  }

  text(name: string): string | undefined {
    return this.#plain.get(name);
  }

  /** `name[]=a&name[]=b`; a single `name=a` counts as a list of one. */
  list(name: string): readonly string[] {
    const plain = this.#plain.get(name);
    return this.#lists.get(name) ?? (plain === undefined ? [] : [plain]);
  }

  /** The value of `filters[field]` (operator `eq`). */
  filter(field: string): string | undefined {
    return this.filters.findLast((test) => test.field === field && test.operator === 'eq')?.value;
  }
}

/** Whether a text passes one `filters[name][operator]` test; unknown operators pass, as unknown filters do. */
export function passes(text: string, test: FilterTest): boolean {
  const have = text.toLowerCase();
  const want = test.value.toLowerCase();
  switch (test.operator) {
    case 'eq':
      return have === want;
    case 'neq':
      return have !== want;
    case 'lt':
      return have < want;
    case 'lte':
      return have <= want;
    case 'gt':
      return have > want;
    case 'gte':
      return have >= want;
    case 'contains':
      return have.includes(want);
    case 'starts_with':
      return have.startsWith(want);
    default:
      return true;
  }
}
