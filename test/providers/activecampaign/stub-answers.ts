/** Status and JSON body of an answer. */
export type Answer = [status: number, body: unknown];

/** US Central, as the vendor's recordings are. */
export function stamp(ms: number): string {
  return `${new Date(ms - 6 * 3_600_000).toISOString().slice(0, 19)}-06:00`;
}

export function strings(row: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === 'number' ? String(value) : value]),
  );
}

export function page(key: string, rows: Record<string, unknown>[], query: URLSearchParams): Answer {
  const offset = Number(query.get('offset') ?? 0);
  const limit = Math.min(100, Number(query.get('limit') ?? 20));
  return [200, { [key]: rows.slice(offset, offset + limit), meta: { total: String(rows.length) } }];
}

export function one(key: string, row: object | undefined, name: string, id: string): Answer {
  return row === undefined ? [404, { message: `No Result found for ${name} with id ${id}` }] : [200, { [key]: strings(row) }];
}
