import type { CodeDeclaration } from './codes.ts';

export const PROVIDER_CODES = {
  PROVIDER_AUTHENTICATION_FAILED: {
    summary: 'Authentication failed',
    explanation: 'The vendor refused the credentials of the integration. Check the secrets that it names.',
  },
  PROVIDER_PERMISSION_DENIED: {
    summary: 'Permission denied',
    explanation: 'The credentials are valid, but the vendor does not let them do this.',
  },
  PROVIDER_RATE_LIMITED: {
    summary: 'Rate limit reached',
    explanation: 'The vendor asked for fewer calls and did not relent within the retry budget. Run again later; the run continues.',
  },
  PROVIDER_DAILY_LIMIT: {
    summary: 'Daily call limit reached',
    explanation: "The account's calls of the day are used up. Run again when the limit has rolled over; the run continues.",
  },
  PROVIDER_UNREACHABLE: {
    summary: 'Vendor unreachable',
    explanation: 'No connection, or no answer within the time limit, after all retries.',
  },
  PROVIDER_UNAVAILABLE: {
    summary: 'Vendor unavailable',
    explanation: 'The vendor answered with a server error, after all retries.',
  },
  PROVIDER_UNEXPECTED_ANSWER: {
    summary: 'Unexpected answer',
    explanation: 'The vendor answered something that its documentation does not describe.',
  },
  PROVIDER_REFUSED: {
    summary: 'Request refused',
    explanation: 'The vendor refused the request as a whole; its own words follow.',
  },
} as const satisfies Record<string, CodeDeclaration>;
