/** One request as it is sent: an entity of JSON:API, and the marks of marketing lists that follow it. */
import type { FieldValues } from '../../model/value.ts';
import type { WriteOutcome, WriteRequest } from '../provider.ts';
import { resolveAddresses, type HeldByRecord } from './addresses.ts';
import { EXTERNAL_ID, parsePath } from './catalog.ts';
import type { Directories } from './stream.ts';
import type { Layout } from './layout.ts';
import { writeAttribute } from './record-values.ts';

export interface PlannedWrite {
  /** Place of its request in the batch. */
  readonly index: number;
  readonly action: WriteRequest['action'];
  /** Absent on create. */
  readonly id: string | undefined;
  readonly externalId: string | undefined;
  /** Attributes and relationships as they are spelled on the wire. */
  readonly body: { readonly attributes?: object; readonly relationships?: object };
  /** Paths that the entity itself carries. */
  readonly written: readonly string[];
  readonly values: FieldValues;
  readonly marks: readonly { readonly path: string; readonly name: string; readonly state: 'subscribed' | 'unsubscribed' }[];
}

export type Failure = Extract<WriteOutcome, { status: 'failed' }>;

/** @returns a failure where it is clear beforehand that the request cannot be carried out */
export async function planWrite(
  layout: Layout,
  { groups }: Directories,
  request: WriteRequest,
  index: number,
  held: HeldByRecord,
): Promise<PlannedWrite | Failure> {
  if (request.action !== 'create' && (request.id === undefined || !/^[1-9]\d*$/.test(request.id)))
    return {
      status: 'failed',
      code: 'PROVIDER_RECORD_MISSING',
      message: 'OroCRM has no record of this id.',
      retryable: false,
      gone: true,
    };
  const attributes: Record<string, unknown> = {};
  const relationships: Record<string, { data: unknown }> = {};
  const marks: { path: string; name: string; state: 'subscribed' | 'unsubscribed' }[] = [];
  const written: string[] = [];
  const addresses = resolveAddresses(request, held);
  if ('problem' in addresses) return invalid(addresses.path, addresses.problem);
  for (const [path, value] of Object.entries(addresses.values)) attributes[path] = writeAttribute(fieldOf(layout, path), value);

  for (const [path, value] of Object.entries(request.values)) {
    const parsed = parsePath(layout.kind, path);
    // Nobody expects of a new record that it says what it does not have.
    const silent = request.action === 'create' && value === null;
    switch (parsed?.part) {
      case 'attribute':
        written.push(path);
        if (!silent && !isAddress(path)) attributes[path] = writeAttribute(fieldOf(layout, path), value);
        break;
      case 'relation':
        written.push(path);
        if (!silent)
          relationships[path] = { data: value === null ? null : { type: layout.kind.relations[path]!.type, id: String(value) } };
        break;
      case 'groups': {
        written.push(path);
        const { ids, unknown } = await groups.idsOf(Array.isArray(value) ? (value as readonly string[]) : []);
        if (unknown.length > 0) return invalid(path, `OroCRM has no contact group "${unknown[0]!}".`);
        relationships[path] = { data: ids.map((id) => ({ type: 'contactgroups', id })) };
        break;
      }
      case 'unsubscribed':
        // Of what is not known, and of stronger states than the vendor's, only the opt-out can be told.
        if (value === 'subscribed') marks.push({ path, name: parsed.name, state: value });
        else if (value !== 'unknown' && value !== null) marks.push({ path, name: parsed.name, state: 'unsubscribed' });
        break;
      default:
        return invalid(path, `${path} cannot be written.`);
    }
  }
  if (request.action === 'create' && request.externalId !== undefined) attributes[EXTERNAL_ID] = request.externalId;
  return {
    index,
    action: request.action,
    id: request.id,
    externalId: request.action === 'create' ? request.externalId : undefined,
    body: {
      ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
      ...(Object.keys(relationships).length === 0 ? {} : { relationships }),
    },
    written,
    values: request.values,
    marks,
  };
}

function invalid(path: string, message: string): Failure {
  return { status: 'failed', code: 'PROVIDER_INVALID_VALUE', message, retryable: false, fields: [path] };
}

function isAddress(path: string): boolean {
  return ['emails', 'primaryEmail', 'phones', 'primaryPhone'].includes(path);
}

function fieldOf(layout: Layout, path: string): Parameters<typeof writeAttribute>[0] {
  const known = layout.fields.get(path);
  // A set that is completed here need not be one that the mapping knows.
  return known ?? { path, type: path === 'emails' || path === 'phones' ? 'set' : 'string' };
}
