/**
 * Addresses of requests: one base address, to which the authorization is bound, and what is put
 * behind it. A path that would leave the base address is refused before anything is sent.
 */
import { SynclineError } from '../model/errors.ts';

/** Query parameters in order. Names keep their brackets (`filters[updated_after]`); `undefined` is left out. */
export type QueryParameters = Readonly<Record<string, string | number | boolean | undefined | readonly (string | number)[]>>;

/**
 * Builds a query without `?`. An array repeats its name as it stands (`'ids[]': [1, 2]` -> `ids[]=1&ids[]=2`).
 * Names and values are percent-encoded, brackets included.
 */
function queryString(parameters: QueryParameters): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? (value as readonly (string | number)[]) : [value as string]) {
      parts.push(`${encodeURIComponent(name)}=${encodeURIComponent(String(one))}`);
    }
  }
  return parts.join('&');
}

/** One path segment made of a remote id or name. */
export function pathSegment(text: string | number): string {
  return encodeURIComponent(String(text));
}

/**
 * Checks a base address.
 *
 * @returns the address without a slash, query or fragment at its end
 * @throws SynclineError PROVIDER_INVALID_ENDPOINT for other schemes than http and https, and for user names in it
 */
export function baseAddress(endpoint: string): URL {
  let url: URL;
  try {
    url = new URL(endpoint);
  } catch {
    throw new SynclineError('PROVIDER_INVALID_ENDPOINT', 'The endpoint is not an address such as https://account.example.com.');
  }
  if ((url.protocol !== 'https:' && url.protocol !== 'http:') || url.username !== '' || url.password !== '') {
    throw new SynclineError(
      'PROVIDER_INVALID_ENDPOINT',
      `The endpoint on host "${url.hostname}" must begin with https:// (or http:// on this machine) and hold no user name or password.`,
    );
  }
  url.search = '';
  url.hash = '';
  url.pathname = url.pathname.replace(/\/+$/, '');
  return url;
}

/**
 * Puts a path and a query behind a base address.
 *
 * @throws SynclineError PROVIDER_INVALID_ENDPOINT when the result would lie outside the base address
 */
export function requestAddress(base: URL, path: string, query: QueryParameters = {}): URL {
  const prefix = base.pathname === '/' ? '' : base.pathname;
  const outside = !path.startsWith('/') || path.startsWith('//') || /[?#\\\s]/.test(path) || hasDotSegment(path);
  const search = queryString(query);
  const url = outside ? base : new URL(`${base.origin}${prefix}${path}${search === '' ? '' : `?${search}`}`);
  if (outside || url.origin !== base.origin || !url.pathname.startsWith(`${prefix}/`)) {
    throw new SynclineError('PROVIDER_INVALID_ENDPOINT', `A request would have left the address ${base.origin}${prefix}.`, {
      fault: 'ours',
    });
  }
  return url;
}

function hasDotSegment(path: string): boolean {
  return path.split('/').some((segment) => /^(?:\.|%2e){1,2}$/i.test(segment));
}
