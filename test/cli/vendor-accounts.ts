/** What people do in the vendors' own products: records edited through the vendors' own interfaces. */
import type { Loose, Rehearsal } from './harness.ts';

/** ActiveCampaign takes five calls a second, of people too. */
const PACE_MS = 250;

export class SalesforceAccount {
  readonly #origin: string;
  readonly #rehearsal: Rehearsal;

  constructor(rehearsal: Rehearsal) {
    this.#rehearsal = rehearsal;
    this.#origin = rehearsal.sandbox.origins['salesforce']!;
  }

  async create(values: Readonly<Record<string, unknown>>, object: 'Contact' | 'Lead' = 'Contact'): Promise<string> {
    return String((await this.#call('POST', `/sobjects/${object}`, values)).id);
  }

  /** Makes a contact of a lead, which the vendor offers by SOAP alone; returns the id of the contact. */
  async convertLead(id: string): Promise<string> {
    const convert = `<leadConverts><leadId>${id}</leadId><convertedStatus>Closed - Converted</convertedStatus><doNotCreateOpportunity>true</doNotCreateOpportunity></leadConverts>`;
    const response = await fetch(`${this.#origin}/services/Soap/u/62.0`, {
      method: 'POST',
      headers: { 'content-type': 'text/xml', soapaction: '""' },
      body: `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com"><e:Header><SessionHeader><sessionId>${await this.#login()}</sessionId></SessionHeader></e:Header><e:Body><convertLead>${convert}</convertLead></e:Body></e:Envelope>`,
    });
    const text = await response.text();
    const contact = /<contactId>(\w{15,18})<\/contactId>/.exec(text)?.[1];
    if (contact === undefined) throw new Error(`The lead was not converted: ${response.status} ${text}`);
    return contact;
  }

  async update(id: string, values: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#call('PATCH', `/sobjects/Contact/${id}`, values);
  }

  async delete(id: string): Promise<void> {
    await this.#call('DELETE', `/sobjects/Contact/${id}`);
  }

  async find(email: string): Promise<Loose> {
    const rows = await this.#rehearsal.dump('salesforce', 'Contact');
    return rows.find((row) => row['IsDeleted'] === false && String(row['Email']).toLowerCase() === email.toLowerCase());
  }

  /** Takes the access to a field of contacts from everybody, as an administrator does in permission sets. */
  async hideField(name: string): Promise<void> {
    for (const row of await this.#query(`SELECT Id FROM FieldPermissions WHERE Field = 'Contact.${name}'`))
      await this.#call('DELETE', `/sobjects/FieldPermissions/${row.Id}`);
  }

  async deleteField(name: string): Promise<void> {
    const named = `SELECT Id FROM CustomField WHERE DeveloperName = '${name.replace(/__c$/, '')}'`;
    for (const row of await this.#query(named, '/tooling')) await this.#call('DELETE', `/tooling/sobjects/CustomField/${row.Id}`);
  }

  async #query(text: string, root = ''): Promise<readonly Loose[]> {
    return (await this.#call('GET', `${root}/query?q=${encodeURIComponent(text)}`)).records;
  }

  async #call(method: string, path: string, body?: unknown): Promise<Loose> {
    // A session of its own for each call: hours may have passed between two of them.
    const token = await this.#login();
    const response = await fetch(`${this.#origin}/services/data/v62.0${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return answerOf(response);
  }

  async #login(): Promise<string> {
    const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'sandbox', client_secret: 'sandbox' });
    const response = await fetch(`${this.#origin}/services/oauth2/token`, { method: 'POST', body: form });
    return String((await answerOf(response)).access_token);
  }
}

export class ActiveCampaignAccount {
  readonly #origin: string;
  readonly #rehearsal: Rehearsal;

  constructor(rehearsal: Rehearsal) {
    this.#rehearsal = rehearsal;
    this.#origin = rehearsal.sandbox.origins['activecampaign']!;
  }

  async create(contact: Readonly<Record<string, unknown>>): Promise<string> {
    return String((await this.#call('POST', '/contacts', { contact })).contact.id);
  }

  async update(id: string, contact: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#call('PUT', `/contacts/${id}`, { contact });
  }

  async delete(id: string): Promise<void> {
    await this.#call('DELETE', `/contacts/${id}`);
  }

  /** Sets a custom field, which is found by its title. */
  async setField(contact: string, title: string, value: string): Promise<void> {
    await this.#call('POST', '/fieldValues', { fieldValue: { contact, field: await this.#fieldId(title), value } });
  }

  /** @returns the id of the field */
  async createField(title: string, type: string): Promise<string> {
    return String((await this.#call('POST', '/fields', { field: { title, type } })).field.id);
  }

  async renameField(title: string, to: string): Promise<void> {
    await this.#call('PUT', `/fields/${await this.#fieldId(title)}`, { field: { title: to } });
  }

  async deleteField(title: string): Promise<void> {
    await this.#call('DELETE', `/fields/${await this.#fieldId(title)}`);
  }

  /** Takes all tags off a contact. */
  async removeTags(contact: string): Promise<void> {
    const joins = await this.#rehearsal.dump('activecampaign', 'contactTag');
    for (const join of joins.filter((row) => row['contact'] === contact))
      await this.#call('DELETE', `/contactTags/${join['id']}`);
  }

  /** 1 subscribes, 2 unsubscribes. */
  async setSubscription(contact: string, status: 1 | 2): Promise<void> {
    const lists = await this.#rehearsal.dump('activecampaign', 'list');
    const list = lists.find((row) => row['name'] === 'Newsletter')!['id'];
    await this.#call('POST', '/contactLists', {
      contactList: { list, contact, status, ...(status === 1 ? { sourceid: 4 } : {}) },
    });
  }

  async find(email: string): Promise<Loose> {
    const rows = await this.#rehearsal.dump('activecampaign', 'contact');
    return rows.find((row) => String(row['email']).toLowerCase() === email.toLowerCase());
  }

  async #fieldId(title: string): Promise<string> {
    const fields = await this.#rehearsal.dump('activecampaign', 'field');
    const field = fields.find((row) => row['title'] === title);
    if (field === undefined) throw new Error(`The account has no field ${title}.`);
    return String(field['id']);
  }

  async #call(method: string, path: string, body?: unknown): Promise<Loose> {
    await this.#rehearsal.sandbox.clock.sleep(PACE_MS);
    const response = await fetch(`${this.#origin}/api/3${path}`, {
      method,
      headers: { 'api-token': 'sandbox', 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return answerOf(response);
  }
}

async function answerOf(response: Response): Promise<Loose> {
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}: ${text}`);
  return text === '' ? undefined : (JSON.parse(text) as Loose);
}
