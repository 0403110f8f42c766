/** Offset paging of v2: no order is promised, no total is told, and rows move while somebody pages. */
import { ok, PARAMETER_INVALID, refusedV2, type Answer } from './errors.ts';
import type { Exchange } from './exchange.ts';

const LARGEST_PAGE = 1000;

export interface Window {
  readonly select: number;
  readonly skip: number;
}

/** `undefined` where `select` is not 1 to 1,000 or `skip` is negative. */
export function windowOf({ request }: Exchange): Window | undefined {
  const select = whole(request.query.get('select') ?? request.query.get('limit'), LARGEST_PAGE);
  const skip = whole(request.query.get('skip'), 0);
  return select === undefined || skip === undefined || select < 1 || select > LARGEST_PAGE ? undefined : { select, skip };
}

/** A page of rows in the form that `form` gives them. */
export function pageOf<T>(exchange: Exchange, rows: Iterable<T>, form: (row: T) => unknown): Answer {
  const window = windowOf(exchange);
  if (window === undefined) return refusedV2(PARAMETER_INVALID);
  const page: unknown[] = [];
  let at = 0;
  for (const row of rows) {
    if (at >= window.skip + window.select) break;
    if (at >= window.skip) page.push(form(row));
    at += 1;
  }
  return ok(page);
}

/** A moment in a path: a date or a date and time, with or without a zone. In ms; `undefined` where it is none. */
export function dateOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{4}-\d{2}-\d{2}/.test(text)) return undefined;
  const zoned = /T\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/.test(text) ? `${text}Z` : text.replace(/([+-]\d{2})(\d{2})$/, '$1:$2');
  const at = Date.parse(zoned);
  return Number.isNaN(at) ? undefined : at;
}

function whole(text: string | null, otherwise: number): number | undefined {
  if (text === null || text === '') return otherwise;
  return /^\d+$/.test(text) ? Number(text) : undefined;
}
