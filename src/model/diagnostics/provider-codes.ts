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
    explanation:
      'The vendor asked for fewer calls and did not relent within the retry budget. Run again later; the run continues.',
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
  PROVIDER_INVALID_ENDPOINT: {
    summary: 'Invalid endpoint',
    explanation:
      'The endpoint of an integration must be an address such as https://account.example.com, without a user name or password in it. Requests never leave it.',
  },
  PROVIDER_INVALID_CURSOR: {
    summary: 'Invalid cursor',
    explanation:
      'A stored position in a stream cannot be read by the provider that made it. The next read has to start from the beginning.',
  },
  PROVIDER_INVALID_VALUE: {
    summary: 'Value refused',
    explanation:
      'The vendor cannot store the value of a field: wrong format, too long, missing, or not one of the allowed values.',
  },
  PROVIDER_DUPLICATE_RECORD: {
    summary: 'Key already taken',
    explanation: 'The vendor refused a record because another one already holds its key, for instance the same e-mail address.',
  },
  PROVIDER_ADDRESS_SUPPRESSED: {
    summary: 'Address suppressed',
    explanation:
      'The vendor keeps the address on its own suppression list, for the whole account or for one list, or mail to it comes back, and takes no record or subscription of it. Nothing is sent again; only the person, or the vendor, can lift it.',
  },
  PROVIDER_RECORD_MISSING: {
    summary: 'Record does not exist',
    explanation: 'The record to change does not exist at the vendor any more.',
  },
  PROVIDER_INVALID_ATTRIBUTE: {
    summary: 'Invalid attribute',
    explanation: 'An attribute of a resource is one that the vendor would refuse, or that contradicts another attribute of it.',
  },
} as const satisfies Record<string, CodeDeclaration>;
