/** Which of the vendor's regions an account lives in. */

/** Hosts of the vendor's regions. @source developer.dotdigital.com/docs/api-end-points */
const REGION_HOST = /^r\d{1,2}-api\.dotdigital\.com$/;

/** The endpoint as people copy it, with or without a slash and `/v2`, in one form. */
export function normalizeEndpoint(endpoint: string): string {
  return endpoint
    .trim()
    .replace(/\/+$/, '')
    .replace(/\/v[23]$/, '');
}

/**
 * Where calls of an account go, given what the account itself reports. Credentials travel from one of
 * the vendor's regions to another only: an endpoint outside of them, as in a rehearsal, is kept.
 */
export function regionEndpoint(given: string, reported: string | undefined): string {
  const endpoint = normalizeEndpoint(given);
  const other = reported === undefined ? undefined : normalizeEndpoint(reported);
  return isRegion(endpoint) && other !== undefined && isRegion(other) ? other : endpoint;
}

/** Where an account is asked for its region: the first of them answers that for all accounts, the others may refuse. */
export function discoveryEndpoint(given: string): string {
  const endpoint = normalizeEndpoint(given);
  return isRegion(endpoint) ? 'https://r1-api.dotdigital.com' : endpoint;
}

/** Whether accounts of several regions may be asked for at this endpoint. */
export function isRegion(endpoint: string): boolean {
  if (!URL.canParse(endpoint)) return false;
  const { protocol, hostname, port } = new URL(endpoint);
  return protocol === 'https:' && port === '' && REGION_HOST.test(hostname);
}
