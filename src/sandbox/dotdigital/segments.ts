/** Segments: computed lists of contacts. They are read like address books, and refreshed on demand. */
import { isLive, type Contact } from './contact.ts';
import { ok, refusedV2, type Answer } from './errors.ts';
import { route, type Exchange, type Route } from './exchange.ts';
import { pageOf } from './paging.ts';
import type { Segment } from './segment.ts';
import type { Store } from './store.ts';

/** How long a refresh takes, in ms. */
const REFRESH_MS = 5_000;

export function* membersOf(store: Store, segment: Segment): Iterable<Contact> {
  for (const contact of store.contacts.values())
    if (contact.email !== null && isLive(contact.status) && segment.holds(contact)) yield contact;
}

function form(store: Store, segment: Segment): Readonly<Record<string, unknown>> {
  return { id: segment.id, name: segment.name, contacts: [...membersOf(store, segment)].length };
}

function at({ store, parameters }: Exchange): Segment | undefined {
  return store.segments.get(Number(parameters[0]));
}

function notFound(): Answer {
  return refusedV2('ERROR_SEGMENT_NOT_FOUND', 404);
}

function refresh(exchange: Exchange): Answer {
  const segment = at(exchange);
  if (segment === undefined) return notFound();
  segment.refreshed = exchange.now;
  return { status: 202, body: { id: segment.id, status: 'NotStarted' } };
}

function refreshStatus(exchange: Exchange): Answer {
  const segment = at(exchange);
  if (segment === undefined) return notFound();
  const isUnderway = segment.refreshed !== undefined && exchange.now - segment.refreshed < REFRESH_MS;
  return ok({ id: segment.id, status: isUnderway ? 'NotFinished' : 'Finished' });
}

export const segmentRoutes: readonly Route[] = [
  route('GET', '/v2/segments', 'medium', (exchange) =>
    pageOf(exchange, exchange.store.segments.values(), (segment) => form(exchange.store, segment)),
  ),
  route('POST', '/v2/segments/refresh/{id}', 'low', refresh),
  route('GET', '/v2/segments/refresh/{id}', 'unlimited', refreshStatus),
];
