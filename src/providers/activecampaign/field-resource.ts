/**
 * Custom fields of contacts. A field consists of three objects at the vendor: the field, its relation
 * to all lists (without which it is reported not to show on contacts), and its options. `update`
 * adds whatever of them is missing, so that an interrupted `create` is finished by it.
 */
import { pathSegment } from '../../http/address.ts';
import type { HttpAnswer } from '../../http/client.ts';
import type { ResourceAttributes, ResourceClient, ResourceObject } from '../provider.ts';
import type { Api } from './api.ts';
import { findObject } from '../find-object.ts';
import { deleteObject, listObjects, readObject } from './resource-rows.ts';
import { CHOICE_TYPES, optionsOf, textOf } from './resource-types.ts';
import { embeddedRows, idIn, idOf, rowOf, text, unexpected, type Row } from './rows.ts';

const PATH = '/fields';
/** The relation to all lists. */
const ALL_LISTS = 0;

interface StoredOption {
  readonly id: string;
  readonly value: string;
}

interface StoredField extends ResourceObject {
  readonly options: readonly StoredOption[];
  readonly onAllLists: boolean;
}

export function createFieldClient(api: Api): ResourceClient {
  const toObject = (row: Row, answer: HttpAnswer): StoredField => storedField(api, row, answer);
  const read = (id: string): Promise<StoredField | undefined> =>
    readObject(api, PATH, id, 'field', toObject) as Promise<StoredField | undefined>;
  return {
    list: () => listObjects(api, PATH, 'fields', toObject),
    read,
    find: (attributes) =>
      findObject(
        listObjects(api, PATH, 'fields', toObject),
        (object) => object.attributes['title'] === textOf(attributes, 'title'),
      ),
    async create(attributes) {
      const answer = await api.client.call({ method: 'POST', path: PATH, json: { field: bodyOf(attributes) } });
      const id = idOf(api, rowOf(api, answer, 'field'));
      await relateToAllLists(api, id);
      await addOptions(api, id, optionsOf(attributes), 0);
      return existing(api, await read(id), id);
    },
    async update(id, _before, after) {
      const stored = existing(api, await read(id), id);
      const body = bodyOf(after);
      const present = bodyOf(stored.attributes);
      const changed = Object.keys(body).some((name) => body[name] !== present[name]);
      if (changed)
        await api.client.call({ method: 'PUT', path: `${PATH}/${pathSegment(id)}`, json: { field: body }, idempotent: true });
      if (!stored.onAllLists) await relateToAllLists(api, id);
      const options = optionsOf(after);
      const reordered = CHOICE_TYPES.has(textOf(after, 'type')) && (await replaceOptions(api, id, stored.options, options));
      return changed || !stored.onAllLists || reordered ? existing(api, await read(id), id) : stored;
    },
    delete: (id) => deleteObject(api, PATH, id),
  };
}

function storedField(api: Api, row: Row, answer: HttpAnswer): StoredField {
  const id = idOf(api, row);
  const own = (rows: readonly Row[]): Row[] => rows.filter((one) => idIn(api, one, 'field') === id);
  const options = own(embeddedRows(answer, 'fieldOptions'))
    .toSorted((a, b) => Number(a['orderid']) - Number(b['orderid']) || Number(a['id']) - Number(b['id']))
    .map((option) => ({ id: idOf(api, option), value: text(option['value']) }));
  const type = text(row['type']);
  return {
    id,
    options,
    onAllLists: own(embeddedRows(answer, 'fieldRels')).some((relation) => Number(relation['relid']) === ALL_LISTS),
    attributes: {
      title: text(row['title']),
      type,
      perstag: text(row['perstag']),
      description: text(row['descript']),
      visible: Number(row['visible']) === 1,
      defaultValue: text(row['defval']),
      ...(CHOICE_TYPES.has(type) ? { options: options.map((option) => option.value) } : {}),
    },
  };
}

/** Declared attributes in the vendor's names; what was not declared is left to the vendor. */
function bodyOf(attributes: ResourceAttributes): Record<string, unknown> {
  const perstag = textOf(attributes, 'perstag');
  return {
    title: textOf(attributes, 'title'),
    type: textOf(attributes, 'type'),
    descript: textOf(attributes, 'description'),
    visible: attributes['visible'] === false ? 0 : 1,
    ...(perstag === '' ? {} : { perstag }),
    ...(attributes['defaultValue'] === undefined ? {} : { defval: textOf(attributes, 'defaultValue') }),
  };
}

async function relateToAllLists(api: Api, field: string): Promise<void> {
  await api.client.call({ method: 'POST', path: '/fieldRels', json: { fieldRel: { field, relid: ALL_LISTS } } });
}

/**
 * Brings the options to the declared ones in their order. Options cannot be moved, so everything
 * behind the first difference is made anew; contacts keep the text of what they chose.
 *
 * @returns whether anything was to be done
 */
async function replaceOptions(
  api: Api,
  field: string,
  stored: readonly StoredOption[],
  wanted: readonly string[],
): Promise<boolean> {
  let kept = 0;
  while (kept < stored.length && kept < wanted.length && stored[kept]!.value === wanted[kept]) kept += 1;
  for (const option of stored.slice(kept)) await deleteObject(api, '/fieldOptions', option.id);
  await addOptions(api, field, wanted.slice(kept), kept);
  return kept < stored.length || kept < wanted.length;
}

async function addOptions(api: Api, field: string, values: readonly string[], offset: number): Promise<void> {
  if (values.length === 0) return;
  const fieldOptions = values.map((value, index) => ({
    orderid: offset + index + 1,
    value,
    label: value,
    isdefault: false,
    field,
  }));
  await api.client.call({ method: 'POST', path: '/fieldOption/bulk', json: { fieldOptions } });
}

function existing(api: Api, field: StoredField | undefined, id: string): StoredField {
  if (field === undefined) throw unexpected(api, `no field ${id} although it was there a moment ago`);
  return field;
}
