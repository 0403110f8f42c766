import type { JsonObject } from './json.ts';

/** What a route answers, before it becomes a response. `body` absent means an empty one. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

export function ok(body: unknown): Answer {
  return { status: 200, body };
}

export function created(body: unknown): Answer {
  return { status: 201, body };
}

/** `{"message":"No Result found for Tag with id 4"}`: the class names are the vendor's own, not the path's. */
export function noResult(className: string, id: number, status: 403 | 404 = 404): Answer {
  return { status, body: { message: `No Result found for ${className} with id ${id}` } };
}

export function message(status: number, text: string): Answer {
  return { status, body: { message: text } };
}

/** 422 with one entry: title, detail, code and the pointer to the attribute. */
export function unprocessable(title: string, code: string, attribute?: string, detail = ''): Answer {
  const error: JsonObject = { title, detail, code };
  if (attribute !== undefined) error['source'] = { pointer: `/data/attributes/${attribute}` };
  return { status: 422, body: { errors: [error] } };
}

/** 422 of the newer kind, whose entries repeat the status and have neither code nor detail. */
export function missingAttribute(attribute: string): Answer {
  return {
    status: 422,
    body: { errors: [{ status: 422, title: 'Missing attribute', source: { pointer: `/data/attributes/${attribute}` } }] },
  };
}

export function notFound(detail: string): Answer {
  return { status: 404, body: { errors: [{ status: 404, title: 'Not Found', detail }] } };
}

/** 422 for a value that its custom field cannot hold. */
export function unsavableValue(value: string, type: string): Answer {
  return {
    status: 422,
    body: {
      errors: [{ detail: `The custom field value \`${value}\` could not be saved to the custom field of type \`${type}\`.` }],
    },
  };
}
