import { schemaFiles } from './schema-files.ts';

/** An endpoint that may be used, or why it may not. */
export type JudgedEndpoint = { readonly endpoint: string } | { readonly problem: string; readonly hint: string };

/**
 * Judges where credentials would be sent: a host of the vendor, over https, at its usual port. An
 * endpoint of a stack for rehearsal may be any http or https address but that of a cloud machine's
 * metadata service.
 *
 * @returns the address without a slash at its end
 */
export function judgeEndpoint(text: string, provider: string, rehearsal: boolean): JudgedEndpoint {
  const hosts = schemaFiles().get(`providers/${provider}.schema.json`)?.hosts ?? [];
  const example = `write an address such as https://${hosts.includes('*') ? 'crm.example.com' : (hosts.at(-1) ?? 'api.example.com').replace('*', 'example')}`;
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return { problem: 'The endpoint is not an address.', hint: example };
  }
  if (url.username !== '' || url.password !== '') {
    return {
      problem: 'The endpoint holds a user name or password.',
      hint: 'credentials belong under authentication of the integration',
    };
  }
  if (url.search !== '' || url.hash !== '' || /[?#\s]/.test(text)) {
    return { problem: 'The endpoint holds a query, a fragment or blanks.', hint: 'keep only scheme, host and path' };
  }
  if (isLinkLocal(url.hostname)) {
    return {
      problem: 'The endpoint is a link-local address, where machines of a cloud serve their own credentials.',
      hint: example,
    };
  }
  if (rehearsal) {
    if (url.protocol !== 'https:' && url.protocol !== 'http:')
      return { problem: 'The endpoint is no http or https address.', hint: example };
    return { endpoint: withoutSlash(url) };
  }
  const elsewhere = 'only a stack with rehearsal: true may name other addresses';
  if (url.protocol !== 'https:') return { problem: 'The endpoint is not an https address.', hint: elsewhere };
  if (url.port !== '')
    return { problem: `The endpoint names port ${url.port}; the vendor is reached at the usual one.`, hint: elsewhere };
  if (!hosts.some((host) => matches(url.hostname, host))) {
    return {
      problem: `The host ${url.hostname} is none of ${provider}, which is reached at ${hosts.join(', ')}.`,
      hint: elsewhere,
    };
  }
  return { endpoint: withoutSlash(url) };
}

/** A vendor whose software runs on its customers' own machines may be at any host: `*`. */
function matches(hostname: string, pattern: string): boolean {
  if (pattern === '*') return true;
  return pattern.startsWith('*.')
    ? hostname.endsWith(pattern.slice(1)) && hostname.length > pattern.length - 1
    : hostname === pattern;
}

/** 169.254.0.0/16, fe80::/10 and the former written as IPv6; `URL` has already normalised other spellings. */
function isLinkLocal(hostname: string): boolean {
  return hostname.startsWith('169.254.') || /^\[fe[89ab]/i.test(hostname) || /^\[::ffff:a9fe:/i.test(hostname);
}

function withoutSlash(url: URL): string {
  return url.href.replace(/\/+$/, '');
}
