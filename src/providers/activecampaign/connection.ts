/** One account: who it is, whether the token may do what is needed, and its contacts and resources. */
import { ProviderError, SynclineError } from '../../model/errors.ts';
import type { FieldDescription } from '../../model/value.ts';
import { createDescribedContacts } from '../described-contacts.ts';
import type { CheckFinding, ConnectOptions, Connection, ObjectDescription, RecordClient } from '../provider.ts';
import { createAccountDirectory, type AccountDirectory } from './account-directory.ts';
import { createApi, type Api } from './api.ts';
import { CONTACT, describe, nativeField, parsePath } from './catalog.ts';
import type { Account, Known } from './completion.ts';
import { layoutOf, shapeOf, type Layout } from './layout.ts';
import { createResourceClient } from './resources.ts';
import { rowOf } from './rows.ts';
import { createReader } from './stream.ts';
import { createTotals } from './value-listing.ts';
import { createWriter } from './writer.ts';

export function connect(options: ConnectOptions): Connection {
  const api = createApi(options);
  const directory = createAccountDirectory(api);
  const totals = createTotals();
  const described = createDescribedContacts(api.clock, CONTACT, directory, (path) => fieldOf(directory, path));
  return {
    account: () => readAccount(api),
    check: () => check(api),
    describe: described.describe,
    records: (object) => createRecordClient(api, directory, totals, object),
    resources: (type) => described.watched(type, createResourceClient(api, type)),
    usage: () => ({ calls: api.client.meter.calls }),
    close: () => api.client.close(),
  };
}

function fieldOf(directory: AccountDirectory, path: string): FieldDescription | undefined {
  const parsed = parsePath(path);
  switch (parsed?.part) {
    case 'native':
      return nativeField(parsed.key);
    case 'field': {
      const field = directory.field(parsed.name);
      if (field === undefined) return undefined;
      const restricted = field.type === 'picklist' || field.type === 'set';
      return { ...describe(path, field.title, field.type), ...(restricted ? { options: field.options } : {}) };
    }
    case 'tag':
      return directory.tagId(parsed.name) === undefined ? undefined : describe(path, parsed.name, 'boolean');
    case 'list':
      return directory.listId(parsed.name) === undefined ? undefined : describe(path, parsed.name, 'consent');
    case undefined:
      return undefined;
  }
}

function createRecordClient(
  api: Api,
  directory: AccountDirectory,
  totals: ReturnType<typeof createTotals>,
  object: ObjectDescription,
): RecordClient {
  if (object.object !== CONTACT) {
    throw new SynclineError('PROVIDER_REFUSED', `ActiveCampaign has no records of "${object.object}" here; it has "${CONTACT}".`);
  }
  const paths = object.fields.map((field) => field.path);
  const lists = paths.filter((path) => parsePath(path)?.part === 'list');
  let layout: Layout | undefined;

  async function open(): Promise<Account> {
    if (layout === undefined) {
      await directory.load(paths, false);
      layout = layoutOf(api, directory, paths);
    }
    return { api, layout, totals };
  }
  function known(): Known & { readonly listIds: readonly string[] | undefined } {
    return {
      totals,
      fieldIds: layout?.fields.map((field) => field.id),
      tagIds: layout?.tags.map((tag) => tag.id),
      listIds: layout?.lists.map((list) => list.id),
      accountFields: directory.fieldCount(),
    };
  }
  const listId = (path: string): string => layout?.lists.find((list) => list.path === path)?.id ?? path;
  const reader = createReader(api, lists, shapeOf(paths), open, known);
  const writer = createWriter(api, open, known, listId);
  return { object, ...reader, ...writer, price: { ...reader.price, ...writer.price } };
}

/**
 * The account's name, which is the first label of the host that the vendor gives in its own links
 * (`acme` of `acme.api-us1.com`): the API tells no other id of the account.
 */
async function readAccount(api: Api): Promise<{ readonly id: string; readonly label: string }> {
  const answer = await api.get('/users/me');
  const links = rowOf(api, answer, 'user')['links'];
  const host = hostOfLinks(links) ?? api.host;
  const name = /^([a-z0-9-]+)\.(?:api-[a-z0-9]+\.com|activehosted\.com)$/.exec(host)?.[1];
  return { id: name ?? host, label: host };
}

function hostOfLinks(links: unknown): string | undefined {
  if (typeof links !== 'object' || links === null) return undefined;
  for (const link of Object.values(links)) {
    if (typeof link === 'string' && URL.canParse(link)) return new URL(link).hostname;
  }
  return undefined;
}

/** What Syncline asks of an account, with a call that reads at most one row of it. */
const NEEDED: readonly (readonly [path: string, what: string])[] = [
  ['/contacts', 'contacts'],
  ['/fields', 'custom fields'],
  ['/fieldValues', 'custom field values'],
  ['/tags', 'tags'],
  ['/lists', 'lists'],
];

async function check(api: Api): Promise<readonly CheckFinding[]> {
  try {
    await api.get('/users/me');
  } catch (error) {
    if (!(error instanceof ProviderError) || error.code !== 'PROVIDER_AUTHENTICATION_FAILED') throw error;
    return [
      {
        severity: 'error',
        what: 'The API token was refused.',
        hint: 'Copy the key from Settings > Developer of the user that Syncline works as, and set the secret that the integration names.',
      },
    ];
  }
  const findings: CheckFinding[] = [];
  for (const [path, what] of NEEDED) {
    try {
      await api.get(path, { limit: 1 });
    } catch (error) {
      if (!(error instanceof ProviderError) || error.code !== 'PROVIDER_PERMISSION_DENIED') throw error;
      findings.push({
        severity: 'error',
        what: `The token's user may not read ${what}.`,
        hint: "A token has the permissions of its user: give the user's group these under Settings > Users and Groups.",
      });
    }
  }
  return findings;
}
