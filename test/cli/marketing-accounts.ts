/** What people do in OroCRM and in Dotdigital: through the interfaces that the vendors have for everybody. */
import type { Loose, Rehearsal } from './harness.ts';

const JSON_API = 'application/vnd.api+json';

export class OroInstallation {
  readonly #rehearsal: Rehearsal;

  constructor(rehearsal: Rehearsal) {
    this.#rehearsal = rehearsal;
  }

  async update(id: string, attributes: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#call('PATCH', `/api/contacts/${id}`, { data: { type: 'contacts', id, attributes } });
  }

  async create(attributes: Readonly<Record<string, unknown>>): Promise<string> {
    const { data } = await this.#call('POST', '/api/contacts', { data: { type: 'contacts', attributes } });
    return String(data.id);
  }

  /** Puts a contact into the list of newsletter readers, takes it out, or marks it. */
  async enlist(id: string): Promise<void> {
    const relationships = { marketingList: { data: { type: 'marketinglists', id: '1' } } };
    const attributes = { entityId: Number(id), contactedTimes: 0 };
    await this.#call('POST', '/api/marketinglistitems', { data: { type: 'marketinglistitems', attributes, relationships } });
  }

  async takeOut(id: string): Promise<void> {
    await this.#call('DELETE', `/api/rest/latest/marketinglist/1/remove/${id}.json`);
  }

  async putBack(id: string): Promise<void> {
    await this.#call('POST', `/api/rest/latest/marketinglist/1/unremove/${id}.json`);
  }

  async unsubscribe(id: string): Promise<void> {
    await this.#call('POST', `/api/rest/latest/marketinglist/1/unsubscribe/${id}.json`);
  }

  /** Ids of those in the list, without those who are marked as unsubscribed. */
  async subscribers(): Promise<ReadonlySet<string>> {
    const ids = async (object: string): Promise<readonly string[]> =>
      (await this.#rehearsal.dump('orocrm', object)).map((row) => String(row['entityId']));
    const out = [...(await ids('marketinglistremoveditems')), ...(await ids('marketinglistunsubscribeditems'))];
    return new Set((await ids('marketinglistitems')).filter((id) => !out.includes(id)));
  }

  async contact(id: string): Promise<Loose> {
    return (await this.#rehearsal.dump('orocrm', 'contacts')).find((row) => row['id'] === id);
  }

  async #call(method: string, path: string, body?: unknown): Promise<Loose> {
    const origin = this.#rehearsal.sandbox.origins['orocrm']!;
    const form = JSON.stringify({ grant_type: 'client_credentials', client_id: 'sandbox', client_secret: 'sandbox' });
    const token = await answerOf(
      await fetch(`${origin}/oauth2-token`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: form }),
    );
    const headers = { authorization: `Bearer ${token.access_token}`, accept: JSON_API, 'content-type': JSON_API };
    return answerOf(
      await fetch(`${origin}${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }),
    );
  }
}

export class DotdigitalAccount {
  readonly #rehearsal: Rehearsal;

  constructor(rehearsal: Rehearsal) {
    this.#rehearsal = rehearsal;
  }

  /** @param book by its name; the whole account where there is none */
  async unsubscribe(email: string, book?: string): Promise<void> {
    const path =
      book === undefined ? '/v2/contacts/unsubscribe' : `/v2/address-books/${await this.bookId(book)}/contacts/unsubscribe`;
    await this.#call('POST', path, { email });
  }

  /** Somebody subscribes to the account again, and says so to the vendor's customer. */
  async resubscribe(email: string): Promise<void> {
    await this.#call('POST', '/v2/contacts/resubscribe-with-no-challenge', { unsubscribedContact: { email } });
  }

  async setField(email: string, name: string, value: unknown): Promise<void> {
    await this.#call('PATCH', `/contacts/v3/email/${encodeURIComponent(email)}`, { dataFields: { [name]: value } });
  }

  /** Gives a contact another address. */
  async move(email: string, to: string): Promise<void> {
    await this.#call('PATCH', `/contacts/v3/email/${encodeURIComponent(email)}`, { identifiers: { email: to } });
  }

  async create(email: string, dataFields: Readonly<Record<string, unknown>>, book: string): Promise<void> {
    await this.#call('POST', '/contacts/v3', { identifiers: { email }, dataFields, lists: [Number(await this.bookId(book))] });
  }

  async find(email: string): Promise<Loose> {
    return (await this.#rehearsal.dump('dotdigital', 'contact')).find((row) => row['email'] === email.toLowerCase());
  }

  /** What the account says of contacts in an address book, by their address. */
  async members(book: string): Promise<ReadonlyMap<string, string>> {
    const id = await this.bookId(book);
    const contacts = await this.#rehearsal.dump('dotdigital', 'contact');
    const emails = new Map(contacts.map((row) => [row['id'], String(row['email'])]));
    const rows = await this.#rehearsal.dump('dotdigital', 'addressBookContact');
    return new Map(
      rows
        .filter((row) => String(row['addressBookId']) === id)
        .map((row) => [emails.get(row['contactId'])!, String(row['status'])]),
    );
  }

  async bookId(name: string): Promise<string> {
    const books = await this.#rehearsal.dump('dotdigital', 'addressBook');
    return String(books.find((row) => row['name'] === name)!['id']);
  }

  async #call(method: string, path: string, body: unknown): Promise<Loose> {
    const { DOTDIGITAL_USER: user, DOTDIGITAL_PASSWORD: password } = this.#rehearsal.environment;
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    const headers = { authorization, 'content-type': 'application/json' };
    return answerOf(
      await fetch(`${this.#rehearsal.sandbox.origins['dotdigital']}${path}`, { method, headers, body: JSON.stringify(body) }),
    );
  }
}

async function answerOf(response: Response): Promise<Loose> {
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}: ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}
