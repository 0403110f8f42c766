/** What the clients of all resource types share: listing in pages, reading one, removing one. */
import type { QueryParameters } from '../../http/address.ts';
import { pathSegment } from '../../http/address.ts';
import type { HttpAnswer } from '../../http/client.ts';
import type { ResourceObject } from '../provider.ts';
import { PAGE_SIZE, type Api } from './api.ts';
import { rowOf, rowsOf, type Row } from './rows.ts';

export type ToObject = (row: Row, answer: HttpAnswer) => ResourceObject;

/** All objects, in pages of 100. */
export async function* listObjects(
  api: Api,
  path: string,
  key: string,
  toObject: ToObject,
  query: QueryParameters = {},
): AsyncGenerator<readonly ResourceObject[]> {
  for (let offset = 0; ; offset += PAGE_SIZE) {
    const answer = await api.get(path, { ...query, limit: PAGE_SIZE, ...(offset === 0 ? {} : { offset }) });
    const rows = rowsOf(api, answer, key);
    yield rows.map((row) => toObject(row, answer));
    if (rows.length < PAGE_SIZE) return;
  }
}

export async function readObject(
  api: Api,
  path: string,
  id: string,
  key: string,
  toObject: ToObject,
): Promise<ResourceObject | undefined> {
  const answer = await api.client.call({ method: 'GET', path: `${path}/${pathSegment(id)}`, accept: [404] });
  return answer.status === 404 ? undefined : toObject(rowOf(api, answer, key), answer);
}

/** An object that is gone already is removed as well; for some types the vendor says so with a 403. */
export async function deleteObject(api: Api, path: string, id: string): Promise<void> {
  try {
    await api.client.call({ method: 'DELETE', path: `${path}/${pathSegment(id)}`, idempotent: true });
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'PROVIDER_RECORD_MISSING') throw error;
  }
}
