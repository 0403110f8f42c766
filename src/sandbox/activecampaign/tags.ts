import { accountTime, accountWallTime } from './account-time.ts';
import { created, missingAttribute, noResult, notFound, ok, unprocessable, type Answer } from './answers.ts';
import { contactForm } from './contact-form.ts';
import { linksTo, route, type Exchange, type Route } from './exchange.ts';
import { idOf, objectAt, textOf, type JsonObject } from './json.ts';
import { contactTagForm, contactTagLinks } from './membership-form.ts';
import { ordered, pageOf } from './paging.ts';
import { passes } from './query-parameters.ts';
import type { TagRow } from './rows.ts';
import type { Store } from './store.ts';

const TAG_LINKS = ['contactGoalTags', 'templateTags'] as const;
const DEFAULT_TAG_TYPE = 'contact';

export function tagForm(row: TagRow, store: Store, api: string): JsonObject {
  const author = row.saved ? '0' : null;
  return {
    tagType: row.tagType,
    tag: row.tag,
    description: row.description,
    subscriber_count: String(store.contactTagsByTag.get(row.id).length),
    cdate: accountTime(row.created),
    created_timestamp: accountWallTime(row.created),
    updated_timestamp: accountWallTime(row.updated),
    created_by: author,
    updated_by: author,
    deleted: '0',
    links: linksTo(api, `tags/${row.id}`, TAG_LINKS),
    id: String(row.id),
  };
}

/** UNVERIFIED: a second tag of one name is refused, in these words. */
function tagTaken(name: string): Answer {
  return unprocessable(`A tag named "${name}" already exists.`, 'duplicate', 'tag');
}

function listTags(exchange: Exchange): Answer {
  const { store, query, api } = exchange;
  const search = query.text('search')?.toLowerCase();
  const tests = query.filters.filter(({ field }) => field === 'search');
  const found = store.tags.rows.filter(
    (row) => (search === undefined || row.tag.toLowerCase().includes(search)) && tests.every((test) => passes(row.tag, test)),
  );
  const inOrder = ordered(query, found, {
    id: (row) => row.id,
    search: (row) => row.tag.toLowerCase(),
    tag: (row) => row.tag.toLowerCase(),
  });
  return ok({
    tags: pageOf(exchange, inOrder).map((row) => tagForm(row, store, api)),
    meta: { total: String(found.length) },
  });
}

function createTag(exchange: Exchange): Answer {
  const { store, now, api } = exchange;
  const body = objectAt(exchange.body, 'tag');
  const name = textOf(body['tag']).trim();
  if (name === '') return missingAttribute('tag');
  if (store.tagNamed(name) !== undefined) return tagTaken(name);
  const row = store.addTag(name, textOf(body['description']), textOf(body['tagType']) || DEFAULT_TAG_TYPE, now);
  return created({
    tag: {
      tag: row.tag,
      description: row.description,
      tagType: row.tagType,
      cdate: accountTime(row.created),
      links: linksTo(api, `tags/${row.id}`, TAG_LINKS),
      id: String(row.id),
    },
  });
}

function onTag(exchange: Exchange, answer: (row: TagRow) => Answer): Answer {
  const id = idOf(exchange.parameters[0]);
  const row = exchange.store.tags.get(id);
  return row === undefined ? noResult('Tag', id) : answer(row);
}

function updateTag(exchange: Exchange): Answer {
  const { store, api } = exchange;
  return onTag(exchange, (row) => {
    const body = objectAt(exchange.body, 'tag');
    const name = 'tag' in body ? textOf(body['tag']).trim() : row.tag;
    if (name === '') return missingAttribute('tag');
    const holder = store.tagNamed(name);
    if (holder !== undefined && holder !== row) return tagTaken(name);
    row.tag = name;
    if ('description' in body) row.description = textOf(body['description']);
    if ('tagType' in body) row.tagType = textOf(body['tagType']) || row.tagType;
    // Recorded: an update leaves `updated_timestamp` where the last tagging put it.
    row.saved = true;
    return ok({ tag: tagForm(row, store, api) });
  });
}

function deleteTag(exchange: Exchange): Answer {
  const { store } = exchange;
  return onTag(exchange, (row) => {
    store.contactTags.remove(store.contactTagsByTag.get(row.id));
    store.tags.remove([row]);
    return ok({});
  });
}

function listContactTags(exchange: Exchange): Answer {
  const { store, api, query } = exchange;
  const rows = ordered(query, store.contactTags.rows, { id: (row) => row.id });
  return ok({
    contactTags: pageOf(exchange, rows).map((row) => contactTagForm(row, api)),
    meta: { total: String(rows.length) },
  });
}

function addContactTag(exchange: Exchange): Answer {
  const { store, now, api } = exchange;
  const body = objectAt(exchange.body, 'contactTag');
  for (const attribute of ['contact', 'tag']) {
    if (textOf(body[attribute]) === '') return missingAttribute(attribute);
  }
  const contact = store.contacts.get(idOf(body['contact']));
  if (contact === undefined) return notFound('Contact not found');
  const tag = store.tags.get(idOf(body['tag']));
  if (tag === undefined) return notFound('Tag not found');
  const present = store.contactTag(contact.id, tag.id);
  if (present !== undefined) return ok({ contactTag: contactTagForm(present, api) });
  const row = store.tagContact(contact, tag, now);
  store.events.push({ type: 'contact_tag_added', contact: contact.id, tag: tag.tag });
  return created({
    contacts: [contactForm(contact, api, { email_empty: contact.email === '' })],
    contactTag: {
      contact: body['contact'],
      tag: body['tag'],
      cdate: accountTime(row.created),
      links: contactTagLinks(api, row.id),
      id: String(row.id),
    },
  });
}

function getContactTag({ store, api, parameters }: Exchange): Answer {
  const id = idOf(parameters[0]);
  const row = store.contactTags.get(id);
  return row === undefined ? noResult('SubscriberTag', id) : ok({ contactTag: contactTagForm(row, api) });
}

function removeContactTag({ store, now, parameters }: Exchange): Answer {
  const id = idOf(parameters[0]);
  const row = store.contactTags.get(id);
  if (row === undefined) return noResult('SubscriberTag', id);
  store.untagContact(row, now);
  store.events.push({ type: 'contact_tag_removed', contact: row.contact, tag: store.tags.get(row.tag)?.tag ?? '' });
  return ok({});
}

export const tagRoutes: readonly Route[] = [
  ...route('GET', 'tags', listTags),
  ...route('POST', 'tags', createTag),
  ...route('GET', 'tags/*', (exchange) => onTag(exchange, (row) => ok({ tag: tagForm(row, exchange.store, exchange.api) }))),
  ...route('PUT PATCH', 'tags/*', updateTag),
  ...route('DELETE', 'tags/*', deleteTag),
  ...route('GET', 'contactTags', listContactTags),
  ...route('POST', 'contactTags', addContactTag),
  ...route('GET', 'contactTags/*', getContactTag),
  ...route('DELETE', 'contactTags/*', removeContactTag),
];
