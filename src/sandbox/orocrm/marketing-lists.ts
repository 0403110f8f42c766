/**
 * The old interface of marketing lists: it marks who is removed or has unsubscribed, and lists nothing.
 * @source oroinc/OroCRMMarketingBundle, Controller/Api/Rest
 */
import type { Answer } from './json-api.ts';
import { MARKETING_LIST_TYPES } from './resource-type.ts';
import type { Entity, Store } from './store.ts';
import { moment } from './values.ts';

export const OLD_PREFIX = '/api/rest/latest/';

const [LISTS, , UNSUBSCRIBED, REMOVED] = MARKETING_LIST_TYPES;

interface Mark {
  readonly type: typeof LISTS;
  readonly set: boolean;
  readonly message: string;
}

const MARKS: Readonly<Record<string, Mark>> = {
  'DELETE remove': { type: REMOVED, set: true, message: 'Entity was removed from marketing list.' },
  'POST unremove': { type: REMOVED, set: false, message: 'Entity was added to marketing list.' },
  'POST unsubscribe': { type: UNSUBSCRIBED, set: true, message: 'Entity was unsubscribed from marketing list.' },
  'POST subscribe': { type: UNSUBSCRIBED, set: false, message: 'Entity was subscribed to marketing list.' },
};

/** @param path below the old prefix, without `.json` */
export function answerOld(store: Store, method: string, path: string, now: number): Answer {
  const segments = path.split('/');
  if (method === 'DELETE' && segments.length === 2 && segments[0] === 'marketinglists') {
    const list = store.get(LISTS!.type, segments[1]!);
    if (list === undefined) return { status: 404, body: { code: 404, message: 'Not Found' } };
    store.remove(list);
    return { status: 204 };
  }
  if (method === 'POST' && /^marketinglists\/\d+\/segments\/runs$/.test(path))
    return store.get(LISTS!.type, segments[1]!) === undefined
      ? { status: 404, body: { code: 404, message: 'Not Found' } }
      : { status: 204 };
  const mark = segments.length === 4 && segments[0] === 'marketinglist' ? MARKS[`${method} ${segments[2]!}`] : undefined;
  const list = store.get(LISTS!.type, segments[1] ?? '');
  if (mark === undefined || list === undefined) return { status: 404, body: { code: 404, message: 'Not Found' } };
  const entityId = Number(segments[3]);
  const present = markOf(store, mark.type!.type, list, entityId);
  if (mark.set && present === undefined) {
    store.add(mark.type!, { entityId, createdAt: moment(now) }, { marketingList: { type: list.type, id: list.id } });
  }
  if (!mark.set && present !== undefined) store.remove(present);
  return { status: 200, body: { successful: true, message: mark.message } };
}

function markOf(store: Store, type: string, list: Entity, entityId: number): Entity | undefined {
  return [...store.all(type)].find((mark) => {
    const of = mark.relationships['marketingList'];
    return mark.attributes['entityId'] === entityId && of !== null && of !== undefined && 'id' in of && of.id === list.id;
  });
}
