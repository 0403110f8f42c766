/**
 * The vendor's own descriptions of its interface, and a stand-in whose every exchange is held against
 * them. They lie beside the repository: without them nothing is checked.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type * as RequestModule from 'openapi-request-validator';
import type * as ResponseModule from 'openapi-response-validator';
import type { CreateVendorSandbox, SandboxRequest, SandboxResponse } from '../../../src/sandbox/vendor.ts';
import { answeredBy } from '../core/answered-by.ts';

// Their types describe a default export that their modules do not have under Node's own rules.
const require = createRequire(import.meta.url);
const RequestValidator = (require('openapi-request-validator') as typeof RequestModule.default).default;
const ResponseValidator = (require('openapi-response-validator') as typeof ResponseModule.default).default;

const FOLDER = new URL('../../../../shared/openapi/dotdigital/', import.meta.url);
const FILES = ['dotdigital-v2-api-swagger.json', 'dotdigital-contacts-service.json', 'dotdigital-configuration-service.json'];

export const DESCRIPTIONS_ARE_HERE = existsSync(FOLDER);

// The shape of documents that only the two validators look into.
// oxlint-disable-next-line typescript/no-explicit-any
type Json = any;

interface Operation {
  readonly name: string;
  readonly segments: readonly string[];
  readonly definition: Json;
  readonly components: Json;
}

/** Where the vendor's documents disagree with each other, and the stand-in follows the other one. */
const DISAGREEMENTS: readonly { readonly operation: RegExp; readonly difference: RegExp; readonly reason: string }[] = [
  {
    operation: /^(delete \/v2\/address-books\/\{id\}|post \/v2\/accounts\/empty-recycle-bin)$/,
    difference: /^response: status 20[24] /,
    reason: 'The documentation answers 204 and 202, the specification 200.',
  },
  {
    operation: /^(get|put|post|delete) \/v2\/(preferences|contacts?\/\{.*\}\/(preferences|subscriptions))/,
    difference: /^response: response must be/,
    reason: 'The specification describes a file, the documentation shows JSON.',
  },
  {
    operation: /^get \/v2\/(contacts\/count|server-time|contacts\/import\/\{importId\}\/report-faults)$/,
    difference: /^response: response must be/,
    reason: 'Text, which the specification describes as JSON.',
  },
  {
    operation: /^post \/v2\/.*contacts\/import/,
    difference: /^request/,
    reason: 'The specification describes one of the two bodies that the documentation allows, and a part of that.',
  },
  {
    operation: /^put \/v2\/contacts\/\{id\}$/,
    difference: /^request: id must be integer/,
    reason: 'A public client sends the id as text, and is served.',
  },
  {
    operation: /^get \/v2\/.*campaigns/,
    difference: /^response: .*(htmlContent|plainTextContent|dateSent|sentDate|scheduledDate)/,
    reason: 'The specification knows no null here; every sample of a list has it.',
  },
  {
    operation: /^get \/v2\/campaigns\/filtered$/,
    difference: /additional properties/,
    reason: 'The specification lacks the four members that the sample has.',
  },
  {
    operation: /^delete \/v2\/data-fields\/\{name\}$/,
    difference: /dependencies/,
    reason: 'The documentation shows texts with 200, the specification objects with 409.',
  },
  {
    operation: /\/contacts\/v3\/delete/,
    difference: /^request: \d+|deleted|identifier/,
    reason: 'Of the four forms of an identifier exactly one is to fit, and the last one fits whatever another does.',
  },
  {
    operation: /^put \/contacts\/v3\/import$/,
    difference: /^request: \S+\.identifiers\.contactId must be string$/,
    reason: 'A number by one schema; the other takes every identifier that it does not name for text.',
  },
  {
    operation: /^(patch|put) \/contacts\/v3\/\{identifier\}/,
    difference: /^request: channelProperties/,
    reason: 'One schema forbids the options of resubscribing that the other adds.',
  },
  {
    operation: /with-consent-and-preferences$/,
    difference: /additional properties/,
    reason: 'One schema forbids the preferences that the other adds.',
  },
  {
    operation: /\/contacts\/v3/,
    difference: /consentRecords/,
    reason: 'The schema forbids the very member that it adds, and its two formats of addresses both take what they do not know.',
  },
];

let operations: readonly Operation[] | undefined;

function loadOperations(): readonly Operation[] {
  return FILES.flatMap((file) => {
    const document = readable(JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')));
    return Object.entries<Json>(document.paths).flatMap(([path, item]) =>
      Object.entries<Json>(item)
        .filter(([method]) => ['get', 'put', 'post', 'patch', 'delete'].includes(method))
        .map(([method, definition]) => ({
          name: `${method} ${path}`,
          segments: path.split('/').slice(1),
          definition: { ...definition, parameters: [...(item.parameters ?? []), ...(definition.parameters ?? [])] },
          components: document.components,
        })),
    );
  });
}

function operationOf({ method, path }: SandboxRequest): Operation | undefined {
  operations ??= loadOperations();
  const given = path
    .split('/')
    .slice(1)
    .filter((segment) => segment !== '');
  const variables = ({ segments }: Operation): number => segments.filter((segment) => segment.startsWith('{')).length;
  return operations
    .filter(({ name, segments }) => name.startsWith(`${method.toLowerCase()} `) && segments.length === given.length)
    .filter(({ segments }) => segments.every((segment, index) => segment === given[index] || fits(segment, given[index]!)))
    .sort((one, other) => variables(one) - variables(other))[0];
}

/** Two routes differ by the name of a variable alone: an id or an address. */
function fits(segment: string, given: string): boolean {
  if (!segment.startsWith('{')) return false;
  if (/email/i.test(segment)) return !/^\d+$/.test(given);
  return !/^\{(contact)?id\}$/i.test(segment) || /^\d+$/.test(given);
}

const validators = new Map<
  string,
  { readonly request: InstanceType<typeof RequestValidator>; readonly response: InstanceType<typeof ResponseValidator> }
>();

function validatorsOf({ name, definition, components }: Operation) {
  const known = validators.get(name);
  if (known !== undefined) return known;
  const responses = Object.fromEntries(
    Object.entries<Json>(definition.responses).map(([status, response]) => [
      status,
      { schema: Object.values<Json>(response.content ?? {})[0]?.schema ?? {} },
    ]),
  );
  const made = {
    request: new RequestValidator({
      parameters: definition.parameters.filter((one: Json) => one.in === 'query'),
      requestBody: definition.requestBody,
      componentSchemas: components.schemas,
    }),
    response: new ResponseValidator({ responses, components }),
  };
  validators.set(name, made);
  return made;
}

/** How one exchange departs from the descriptions: nothing for paths that they do not know, and for what refuses. */
export function departures(request: SandboxRequest, response: SandboxResponse): readonly string[] {
  const operation = DESCRIPTIONS_ARE_HERE ? operationOf(request) : undefined;
  if (operation === undefined) return [];
  const isDescribed = Object.hasOwn(operation.definition.responses, String(response.status));
  // v2 describes next to no refusal.
  if (!isDescribed && response.status >= 400) return [];
  const found: string[] = [];
  const { request: sent, response: answered } = validatorsOf(operation);
  if (!isDescribed) found.push(`response: status ${response.status} is not described`);
  else if (response.body !== undefined) {
    const body: unknown = JSON.parse(JSON.stringify(response.body));
    const fault = answered.validateResponse(response.status, body);
    found.push(...itemsOf('response', fault));
  }
  if (response.status < 300) {
    const query = numbered(operation, request.query);
    const fault = sent.validateRequest({ headers: request.headers, query, params: {}, body: bodyOf(request) });
    found.push(...itemsOf('request', fault));
  }
  const isKnown = (difference: string): boolean =>
    DISAGREEMENTS.some((one) => one.operation.test(operation.name) && one.difference.test(difference));
  return found.filter((difference) => !isKnown(difference)).map((difference) => `${operation.name}: ${difference}`);
}

function itemsOf(part: string, fault: Json): string[] {
  return (fault?.errors ?? []).map((error: Json) => `${part}: ${error.path ?? ''} ${error.message}`);
}

/** Parameters as their types have them: they are all text on the wire. */
function numbered({ definition }: Operation, query: URLSearchParams): Record<string, unknown> {
  return Object.fromEntries(
    [...query].map(([name, text]) => {
      const type: unknown = definition.parameters.find((one: Json) => one.in === 'query' && one.name === name)?.schema?.type;
      if (type === 'integer' || type === 'number') return [name, Number(text)];
      if (type === 'array') return [name, text.split('|')];
      return [name, type === 'boolean' ? text === 'true' : text];
    }),
  );
}

function bodyOf({ headers, body }: SandboxRequest): unknown {
  if (body.length === 0) return undefined;
  return /multipart/.test(headers['content-type'] ?? '') ? {} : camelCased(JSON.parse(body.toString('utf8')));
}

/** v2 takes names whatever their case, and public clients send `Name`: the descriptions write `name`. */
function camelCased(value: Json): Json {
  if (Array.isArray(value)) return value.map(camelCased);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      /^[A-Z][a-z]/.test(name) ? name.charAt(0).toLowerCase() + name.slice(1) : name,
      camelCased(member),
    ]),
  );
}

/** Without `nullable` where nothing says what else there may be, which the validators refuse to read. */
function readable(value: Json): Json {
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries<Json>(value)
      .filter(([name]) => name !== 'nullable' || value.type !== undefined)
      .map(([name, member]) => [name, readable(member)]),
  );
}

/** A stand-in that adds to `found` each way in which one of its exchanges departs from the descriptions. */
export function described(createVendor: CreateVendorSandbox, found: string[]): CreateVendorSandbox {
  return (clock) => {
    const vendor = createVendor(clock);
    const handle = async (request: SandboxRequest): Promise<SandboxResponse> => {
      const response = await vendor.handle(request);
      found.push(...departures(request, response));
      return response;
    };
    return answeredBy(vendor, handle);
  };
}
