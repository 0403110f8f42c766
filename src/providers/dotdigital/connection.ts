/** One account: who it is, whether the API user may do what is needed, and its contacts and resources. */
import { ProviderError, SynclineError } from '../../model/errors.ts';
import type { FieldDescription } from '../../model/value.ts';
import type { HttpClientOptions } from '../../http/client.ts';
import { createDescribedContacts } from '../described-contacts.ts';
import type { CheckFinding, ConnectOptions, Connection, ObjectDescription, RecordClient } from '../provider.ts';
import { createAccountDirectory, type AccountDirectory } from './account-directory.ts';
import { createApi, propertyOf, type Api } from './api.ts';
import { createCampaignSource } from './campaign-source.ts';
import { bookField, CONTACT, dataField, nativeField, parsePath } from './fields.ts';
import { layoutOf, type Layout } from './layout.ts';
import { createResourceClient } from './resources.ts';
import { idOf, rowOf } from './rows.ts';
import { createReader, type Learned } from './stream.ts';
import { createWriter } from './contact-writer.ts';

/** @param dispatcher replaces the connection pool, in tests */
export function connect(options: ConnectOptions, dispatcher?: HttpClientOptions['dispatcher']): Connection {
  const api = createApi(options, dispatcher);
  const directory = createAccountDirectory(api);
  const learned: Learned = { contacts: undefined, unmailed: new Set(), members: new Map(), optOuts: new Map() };
  const described = createDescribedContacts(api.clock, CONTACT, directory, (path) => fieldOf(directory, path));
  return {
    async account() {
      const info = await api.accountInfo();
      const id = idOf(api, rowOf(api, info, 'an account')['id'], 'an account');
      return { id, label: propertyOf(info, 'Name') ?? id };
    },
    check: () => check(api),
    describe: described.describe,
    records: (object) => createRecordClient(api, directory, learned, object),
    resources: (type) => described.watched(type, createResourceClient(api, type)),
    campaignSource: () => createCampaignSource(api, directory),
    usage: () => ({ calls: api.calls }),
    close: () => api.close(),
  };
}

function fieldOf(directory: AccountDirectory, path: string): FieldDescription | undefined {
  const parsed = parsePath(path);
  switch (parsed?.part) {
    case 'native':
      return nativeField(parsed.key);
    case 'field': {
      const field = directory.field(parsed.name);
      return field === undefined ? undefined : dataField(path, field.name, field.type);
    }
    case 'member':
    case 'book':
      return directory.book(parsed.name) === undefined ? undefined : bookField(path, parsed.part, parsed.name);
    case undefined:
      return undefined;
  }
}

function createRecordClient(api: Api, directory: AccountDirectory, learned: Learned, object: ObjectDescription): RecordClient {
  if (object.object !== CONTACT) {
    throw new SynclineError('PROVIDER_REFUSED', `Dotdigital has no records of "${object.object}" here; it has "${CONTACT}".`);
  }
  const paths = object.fields.map((field) => field.path);
  let layout: Layout | undefined;
  async function open(): Promise<Layout> {
    if (layout === undefined) {
      await directory.load(paths, false);
      layout = layoutOf(api, directory, paths);
    }
    return layout;
  }
  /** What was described already needs no call. */
  function known(): Layout | undefined {
    if (layout === undefined && paths.every((path) => fieldOf(directory, path) !== undefined)) {
      layout = layoutOf(api, directory, paths);
    }
    return layout;
  }
  const reader = createReader(api, paths, learned, open, known);
  const writer = createWriter(api, learned, open);
  return { object, ...reader, ...writer, price: { ...reader.price, ...writer.price } };
}

/** What Syncline asks of an account, with a call that reads at most one row of it. */
const NEEDED = [
  ['/v2/data-fields', {}, 'data fields (API version 2)'],
  ['/v2/address-books', { select: 1 }, 'address books (API version 2)'],
  ['/contacts/v3', { limit: 1 }, 'contacts (API version 3)'],
] as const;

async function check(api: Api): Promise<readonly CheckFinding[]> {
  try {
    await api.accountInfo();
  } catch (error) {
    if (!(error instanceof ProviderError) || error.code !== 'PROVIDER_AUTHENTICATION_FAILED') throw error;
    return [
      {
        severity: 'error',
        what: 'The API user or its password was refused.',
        hint: 'Look under Settings > Access > API users whether the user is there and enabled, and set the secrets that the integration names.',
      },
    ];
  }
  const findings: CheckFinding[] = [];
  for (const [path, query, what] of NEEDED) {
    try {
      await api.get('high', path, query);
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      if (error.code !== 'PROVIDER_PERMISSION_DENIED' && error.code !== 'PROVIDER_AUTHENTICATION_FAILED') throw error;
      findings.push({
        severity: 'error',
        what: `The API user may not read ${what}.`,
        hint: 'Give the API user these rights under Settings > Access > API users.',
      });
    }
  }
  return findings;
}
