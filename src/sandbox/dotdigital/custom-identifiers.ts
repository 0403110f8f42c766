/** Identifiers of the account's own, by which a contact can be found beside address and number. */
import type { Answer } from './errors.ts';
import { ok } from './errors.ts';
import { route, type Exchange, type Route } from './exchange.ts';
import type { CustomIdentifier } from './custom-identifier.ts';
import { isObject } from './request-body.ts';

/** UNVERIFIED: that there is a limit is documented, not which. */
const MOST = 5;

function refused(status: number, code: string, description: string): Answer {
  return { status, body: { errorCode: `customIdentifiers:${code}`, description } };
}

function form({ name, created }: CustomIdentifier): Readonly<Record<string, unknown>> {
  const at = new Date(created).toISOString().replace(/\.\d{3}Z$/, 'Z');
  return { name, created: at, updated: at };
}

function create({ store, payload, now }: Exchange): Answer {
  const name = isObject(payload) && typeof payload['name'] === 'string' ? payload['name'] : '';
  if (name.length > 50) return refused(400, 'nameTooLong', 'The name of a custom identifier has at most 50 characters');
  if (!/^[-A-Za-z0-9_]+$/.test(name)) return refused(400, 'invalidName', 'The name of a custom identifier is invalid');
  if (store.customIdentifier(name) !== undefined)
    return refused(409, 'nameAlreadyExists', `A custom identifier named '${name}' already exists`);
  if (store.customIdentifiers.size >= MOST) return { status: 412 };
  const made: CustomIdentifier = { name, created: now, contacts: new Map(), values: new Map() };
  store.customIdentifiers.set(name, made);
  return { status: 201, body: form(made) };
}

function remove({ store, parameters }: Exchange): Answer {
  const found = store.customIdentifier(parameters[0]!);
  if (found === undefined) return refused(404, 'notExist', `There is no custom identifier named '${parameters[0]!}'`);
  store.customIdentifiers.delete(found.name);
  return { status: 204 };
}

export const customIdentifierRoutes: readonly Route[] = [
  route('GET', '/configuration/v3/customIdentifiers', 'high', ({ store }) => ok([...store.customIdentifiers.values()].map(form))),
  route('POST', '/configuration/v3/customIdentifiers', 'medium', create),
  route('DELETE', '/configuration/v3/customIdentifiers/{name}', 'medium', remove),
];
