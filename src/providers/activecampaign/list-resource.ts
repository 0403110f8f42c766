/** Lists. One made by API is seen by no user before a group of users is given it. */
import { SynclineError } from '../../model/errors.ts';
import type { ResourceClient, ResourceObject } from '../provider.ts';
import type { Api } from './api.ts';
import { findObject } from '../find-object.ts';
import { deleteObject, listObjects, readObject } from './resource-rows.ts';
import { textOf } from './resource-types.ts';
import { idOf, rowOf, text, unexpected, type Row } from './rows.ts';

const PATH = '/lists';
/** UNVERIFIED: that the administrators' group is number 1 in every account; it is in the documented example. */
const ADMINISTRATORS = 1;
/** What the vendor needs to create a list. */
const NEEDED = ['name', 'stringid', 'senderUrl', 'senderReminder'] as const;

export function createListClient(api: Api): ResourceClient {
  const toObject = (row: Row): ResourceObject => ({
    id: idOf(api, row),
    attributes: {
      name: text(row['name']),
      stringid: text(row['stringid']),
      senderUrl: text(row['sender_url']),
      senderReminder: text(row['sender_reminder']),
      // Older accounts do not tell the channel; theirs are e-mail lists.
      channel: text(row['channel']) === '' ? 'email' : text(row['channel']),
    },
  });
  const find = (name: string): Promise<ResourceObject | undefined> =>
    findObject(listObjects(api, PATH, 'lists', toObject), (object) => object.attributes['name'] === name);
  return {
    list: () => listObjects(api, PATH, 'lists', toObject),
    read: (id) => readObject(api, PATH, id, 'list', toObject),
    find: (attributes) => find(textOf(attributes, 'name')),
    async create(attributes) {
      const missing = NEEDED.filter((name) => textOf(attributes, name) === '');
      if (missing.length > 0) {
        throw new SynclineError(
          'PROVIDER_INVALID_ATTRIBUTE',
          `ActiveCampaign needs ${missing.join(', ')} to create the list "${textOf(attributes, 'name')}".`,
          {
            hint: 'Declare them, or make the list by hand and declare it with "mode: expected".',
          },
        );
      }
      const [name, stringid, senderUrl, senderReminder] = NEEDED.map((attribute) => textOf(attributes, attribute));
      const channel = textOf(attributes, 'channel');
      const list = { name, stringid, sender_url: senderUrl, sender_reminder: senderReminder, channel, send_last_broadcast: 0 };
      const answer = await api.client.call({ method: 'POST', path: PATH, json: { list } });
      const id = idOf(api, rowOf(api, answer, 'list'));
      await api.client.call({
        method: 'POST',
        path: '/listGroups',
        json: { listGroup: { listid: Number(id), groupid: ADMINISTRATORS } },
      });
      return existing(api, await readObject(api, PATH, id, 'list', toObject));
    },
    async update(id) {
      // Nothing of a list can be changed; `update` only finishes a create or adopts what is there.
      return existing(api, await readObject(api, PATH, id, 'list', toObject));
    },
    delete: (id) => deleteObject(api, PATH, id),
  };
}

function existing(api: Api, list: ResourceObject | undefined): ResourceObject {
  if (list === undefined) throw unexpected(api, 'no list although it was there a moment ago');
  return list;
}
