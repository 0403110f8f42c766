/** How the two frameworks say no. */
import type { SandboxResponse } from '../vendor.ts';

export type Answer = Omit<SandboxResponse, 'writes'>;

export function ok(body: unknown): Answer {
  return { status: 200, body };
}

/** v2: the code stands inside of the prose. @source Dotdigital, error response types */
export function refusedV2(code: string, status = 400, prose = 'Error:'): Answer {
  return { status, body: { message: `${prose} ${code}` } };
}

export const PARAMETER_INVALID = 'ERROR_PARAMETER_INVALID';

export function invalidEmail(): Answer {
  return refusedV2(PARAMETER_INVALID, 400, 'Email is not a valid email address.');
}

export interface Detail {
  readonly item: string;
  readonly description: string;
}

/** v3: a code of its own member. @source dotdigital-contacts-service.json, errorResponse */
export function refusedV3(status: number, errorCode: string, description: string, details?: readonly Detail[]): Answer {
  return { status, body: { errorCode: `contacts:${errorCode}`, description, ...(details === undefined ? {} : { details }) } };
}
