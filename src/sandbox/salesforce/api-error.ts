/** A refusal as Salesforce words it, for one record or one call. */
export interface ApiError {
  readonly status: number;
  readonly errorCode: string;
  readonly message: string;
  /** Present for some codes only; a collection writes `[]` where it is absent. */
  readonly fields?: readonly string[];
  /** Some resources write `errorCode` before `message`. */
  readonly codeFirst?: boolean;
  readonly duplicateResult?: unknown;
}

/** Thrown inside the stand-in to leave a call or a record with a refusal. */
export class Refusal extends Error {
  readonly error: ApiError;
  constructor(error: ApiError) {
    super(error.message);
    this.error = error;
  }
}

/** Leaves with a refusal. */
export function refuseWith(status: number, errorCode: string, message: string, fields?: readonly string[]): never {
  throw new Refusal(fields === undefined ? { status, errorCode, message } : { status, errorCode, message, fields });
}

export const NOT_FOUND: ApiError = {
  status: 404,
  errorCode: 'NOT_FOUND',
  message: 'The requested resource does not exist',
  codeFirst: true,
};

/** The JSON array that a REST resource answers. */
export function errorBody(error: ApiError): readonly unknown[] {
  const { errorCode, message, fields, duplicateResult } = error;
  // The misspelled key is what live orgs send.
  if (duplicateResult !== undefined) return [{ duplicateResut: duplicateResult, errorCode, message }];
  if (error.codeFirst) return [{ errorCode, message }];
  return [fields === undefined ? { message, errorCode } : { message, errorCode, fields }];
}

/** The form inside a collections answer: `statusCode`, and always `fields`. */
export function collectionError(error: ApiError): { statusCode: string; message: string; fields: readonly string[] } {
  return { statusCode: error.errorCode, message: error.message, fields: error.fields ?? [] };
}
