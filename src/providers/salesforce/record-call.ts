/** Single records of setup objects, which are few: created, changed and deleted one a call. */
import { ProviderError } from '../../model/errors.ts';
import type { ApiClient } from './client.ts';
import { unexpectedAnswer } from './failure.ts';
import { toLongId } from './record-id.ts';
import { isRow } from './rows.ts';

type Root = '' | '/tooling';

/** @returns the id of the new record */
export async function createRecord(
  client: ApiClient,
  object: string,
  values: Readonly<Record<string, unknown>>,
  root: Root = '',
): Promise<string> {
  const { body } = await client.call({ method: 'POST', path: `${root}/sobjects/${object}`, body: values, effect: 'once' });
  if (!isRow(body) || typeof body['id'] !== 'string') {
    throw unexpectedAnswer(client.integration, `Salesforce answered a creation in ${object} without an id.`);
  }
  return toLongId(body['id']);
}

export async function updateRecord(
  client: ApiClient,
  object: string,
  id: string,
  values: Readonly<Record<string, unknown>>,
  root: Root = '',
): Promise<void> {
  await client.call({ method: 'PATCH', path: `${root}/sobjects/${object}/${id}`, body: values, effect: 'repeatable' });
}

/** Deletes a record; one that is gone already is as good. */
export async function deleteRecord(client: ApiClient, object: string, id: string, root: Root = ''): Promise<void> {
  try {
    await client.call({ method: 'DELETE', path: `${root}/sobjects/${object}/${id}`, effect: 'repeatable' });
  } catch (error) {
    if (!(error instanceof ProviderError) || error.status !== 404) throw error;
  }
}
