import type { ServerResponse } from 'node:http';
import { startStub, type StubRequest, type StubServer } from '../../http/stub-server.ts';
import type { TestClock } from '../../http/test-clock.ts';
import { one, page, stamp, strings, type Answer } from './stub-answers.ts';
import { StubImporter } from './stub-importer.ts';

export interface StubContact {
  id: number;
  email: string;
  firstName: string;
  lastName: string;
  phone: string;
  cdate: number;
  udate: number;
}

export interface StubField {
  id: number;
  title: string;
  type: string;
  perstag: string;
  descript: string;
  defval: string;
  visible: number;
  onAllLists: boolean;
  options: { id: number; value: string; orderid: number }[];
}

export interface StubValue {
  id: number;
  contact: number;
  field: number;
  value: string;
}

export type Body = Readonly<Record<string, unknown>>;

/** An ActiveCampaign account in memory, answering as the vendor's documentation says. */
export class StubAccount {
  readonly clock: TestClock;
  readonly contacts = new Map<number, StubContact>();
  readonly fields: StubField[] = [];
  values: StubValue[] = [];
  readonly tags: { id: number; tag: string; description: string; tagType: string }[] = [];
  readonly lists: { id: number; name: string; stringid: string; sender_url: string; sender_reminder: string; channel: string }[] =
    [];
  contactTags: { id: number; contact: number; tag: number }[] = [];
  readonly contactLists: { contact: number; list: number; status: number; sdate: number; udate: number | null }[] = [];
  readonly importer = new StubImporter(this);
  readonly listGroups: unknown[] = [];
  /** Parameters of contact queries that this account ignores, as the vendor ignores unknown ones. */
  ignored = new Set<string>();
  echoesQuery = true;
  /** Called before each request is answered; may answer it instead, or change the account. */
  onRequest: (request: StubRequest, response: ServerResponse) => boolean | void = () => false;
  server!: StubServer;
  #ids = 1000;

  constructor(clock: TestClock) {
    this.clock = clock;
  }

  async start(): Promise<this> {
    this.server = await startStub((request, response) => {
      if (this.onRequest(request, response) === true) return;
      const [status, body] =
        request.headers['api-token'] === 'good-token' ? this.#answer(request) : ([403, { message: 'Forbidden' }] as Answer);
      this.reply(response, status, body);
    });
    return this;
  }

  reply(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
    response.writeHead(status, {
      'content-type': 'application/json',
      date: new Date(this.clock.now()).toUTCString(),
      ...headers,
    });
    response.end(body === undefined ? '' : JSON.stringify(body));
  }

  /** `METHOD /path` of every call so far, ids as `*`. */
  calls(): string[] {
    return this.server.requests.map(({ method, path }) => `${method} ${path.replace('/api/3', '').replaceAll(/\/\d+/g, '/*')}`);
  }

  addField(title: string, type: string, options: string[] = []): StubField {
    const id = this.#next();
    const field: StubField = {
      id,
      title,
      type,
      perstag: title.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_'),
      descript: '',
      defval: '',
      visible: 1,
      onAllLists: true,
      options: options.map((value, index) => ({ id: this.#next(), value, orderid: index + 1 })),
    };
    this.fields.push(field);
    return field;
  }

  addTag(tag: string): number {
    const id = this.#next();
    this.tags.push({ id, tag, description: '', tagType: 'contact' });
    return id;
  }

  addList(name: string): number {
    const id = this.#next();
    this.lists.push({
      id,
      name,
      stringid: name.toLowerCase(),
      sender_url: 'https://x.dev',
      sender_reminder: 'r',
      channel: 'email',
    });
    return id;
  }

  addContact(email: string, names: Partial<StubContact> = {}): StubContact {
    const now = Math.floor(this.clock.now() / 1000) * 1000;
    const id = Math.max(0, ...this.contacts.keys()) + 1;
    const contact = { id, email, firstName: '', lastName: '', phone: '', cdate: now, udate: now, ...names };
    this.contacts.set(contact.id, contact);
    return contact;
  }

  setValue(contact: number, field: number, value: string): StubValue {
    const found = this.values.find((row) => row.contact === contact && row.field === field);
    this.touch(contact);
    if (found !== undefined) {
      found.value = value;
      return found;
    }
    const row = { id: this.#next(), contact, field, value };
    this.values.push(row);
    return row;
  }

  setTag(contact: number, tag: number): { id: number; isNew: boolean } {
    const found = this.contactTags.find((row) => row.contact === contact && row.tag === tag);
    if (found !== undefined) return { id: found.id, isNew: false };
    const row = { id: this.#next(), contact, tag };
    this.contactTags.push(row);
    this.touch(contact);
    return { id: row.id, isNew: true };
  }

  /** Does not move the contact's stamp. */
  setStatus(contact: number, list: number, status: number): void {
    const now = this.clock.now();
    const found = this.contactLists.find((row) => row.contact === contact && row.list === list);
    if (found === undefined) this.contactLists.push({ contact, list, status, sdate: now, udate: null });
    else Object.assign(found, { status, udate: now, ...(status === 1 ? { sdate: now } : {}) });
  }

  byEmail(email: string): StubContact | undefined {
    return [...this.contacts.values()].find((contact) => contact.email.toLowerCase() === email.toLowerCase());
  }

  #next(): number {
    this.#ids += 1;
    return this.#ids;
  }

  touch(contact: number): void {
    const row = this.contacts.get(contact);
    if (row !== undefined) row.udate = Math.floor(this.clock.now() / 1000) * 1000;
  }

  #answer(request: StubRequest): Answer {
    const path = request.path.replace('/api/3', '');
    const body = (request.body === '' ? {} : JSON.parse(request.body)) as Body;
    const [, first = '', id = '', sub = ''] = path.split('/');
    switch (`${request.method} /${first}${id === '' ? '' : '/*'}${sub === '' ? '' : `/${sub}`}`) {
      case 'GET /users/*':
        return [200, { user: { id: '1', links: { lists: 'https://acme.api-us1.com/api/3/users/1/lists' } } }];
      case 'GET /contacts':
        return this.#listContacts(request.query);
      case 'GET /contacts/*':
        return this.#getContact(Number(id));
      case 'GET /contacts/*/contactTags':
        return [200, { contactTags: this.contactTags.filter((row) => row.contact === Number(id)).map(strings) }];
      case 'POST /contact/*':
        return this.#sync(body['contact'] as Body);
      case 'PUT /contacts/*':
        return this.#put(Number(id), body['contact'] as Body);
      case 'DELETE /contacts/*':
        return this.contacts.delete(Number(id)) ? [200, {}] : [404, { message: `No result found for contact with id ${id}` }];
      case 'GET /fieldValues':
        return this.#listValues(request.query);
      case 'GET /fields':
        return this.#listFields(request.query);
      case 'GET /fields/*':
        return this.#getField(Number(id));
      case 'POST /fields':
        return this.#postField(body['field'] as Body);
      case 'PUT /fields/*':
        Object.assign(
          this.fields.find((field) => field.id === Number(id))!,
          body['field'],
        );
        return [200, { field: {} }];
      case 'DELETE /fields/*':
        return this.#delete(this.fields, Number(id), 'Field');
      case 'POST /fieldRels':
        this.fields.find((field) => field.id === Number((body['fieldRel'] as Body)['field']))!.onAllLists = true;
        return [201, { fieldRel: {} }];
      case 'POST /fieldOption/*':
        for (const option of body['fieldOptions'] as { field: string; value: string; orderid: number }[]) {
          const field = this.fields.find((one) => one.id === Number(option.field))!;
          field.options.push({ id: this.#next(), value: option.value, orderid: option.orderid });
        }
        return [201, { fieldOptions: [] }];
      case 'DELETE /fieldOptions/*':
        for (const field of this.fields) field.options = field.options.filter((option) => option.id !== Number(id));
        return [200, undefined];
      case 'GET /tags':
        return page(
          'tags',
          this.tags.filter((tag) => tag.tag.includes(request.query.get('search') ?? '')).map(strings),
          request.query,
        );
      case 'GET /tags/*':
        return one(
          'tag',
          this.tags.find((tag) => tag.id === Number(id)),
          'Tag',
          id,
        );
      case 'POST /tags': {
        const tag = { id: this.#next(), ...(body['tag'] as Body) } as never;
        this.tags.push(tag);
        return [201, { tag: strings(tag) }];
      }
      case 'PUT /tags/*':
        Object.assign(
          this.tags.find((tag) => tag.id === Number(id))!,
          body['tag'],
        );
        return [200, { tag: {} }];
      case 'DELETE /tags/*':
        return this.#delete(this.tags, Number(id), 'Tag');
      case 'GET /lists':
        return page('lists', this.lists.map(strings), request.query);
      case 'GET /lists/*':
        return one(
          'list',
          this.lists.find((list) => list.id === Number(id)),
          '_List',
          id,
        );
      case 'POST /lists': {
        const list = { id: this.#next(), ...(body['list'] as Body) } as never;
        this.lists.push(list);
        return [201, { list: strings(list) }];
      }
      case 'DELETE /lists/*': {
        const answer = this.#delete(this.lists, Number(id), '_List');
        return answer[0] === 404 ? [403, answer[1]] : answer;
      }
      case 'POST /listGroups':
        this.listGroups.push(body['listGroup']);
        return [201, { listGroup: {} }];
      case 'POST /contactTags': {
        const { contact, tag } = body['contactTag'] as { contact: string; tag: string };
        if (!this.contacts.has(Number(contact))) {
          return [404, { errors: [{ status: 404, title: 'Not Found', detail: 'Contact not found' }] }];
        }
        const { id: join, isNew } = this.setTag(Number(contact), Number(tag));
        const contactTag = { contact, tag, id: String(join) };
        return isNew
          ? [201, { contacts: [this.#contactRow(this.contacts.get(Number(contact))!)], contactTag }]
          : [200, { contactTag }];
      }
      case 'DELETE /contactTags/*': {
        const row = this.contactTags.find((join) => join.id === Number(id));
        this.contactTags = this.contactTags.filter((join) => join !== row);
        if (row !== undefined) this.touch(row.contact);
        return row === undefined ? [404, { message: `No Result found for SubscriberTag with id ${id}` }] : [200, {}];
      }
      case 'POST /contactLists': {
        const { contact, list, status } = body['contactList'] as { contact: string; list: string; status: number };
        this.setStatus(Number(contact), Number(list), status);
        const row = this.contactLists.find((one) => one.contact === Number(contact) && one.list === Number(list))!;
        return [200, { contactList: { ...this.#statusRow(row), status } }];
      }
      case 'POST /import/*':
        return this.importer.submit(body['contacts'] as Body[]);
      case 'GET /import/*':
        return this.importer.info(request.query.get('batchId') ?? '');
      default:
        return [404, { message: 'No Route' }];
    }
  }

  #listContacts(query: URLSearchParams): Answer {
    const wanted = (name: string): string | null => (this.ignored.has(name) ? null : query.get(name));
    const ids = this.ignored.has('ids[]') ? [] : query.getAll('ids[]').map(Number);
    const list = Number(wanted('listid') ?? 0);
    const status = Number(wanted('status') ?? -1);
    const tag = Number(wanted('tagid') ?? 0);
    const since = Date.parse(wanted('filters[updated_after]') ?? '1970-01-01T00:00:00Z');
    const email = wanted('email');
    const rows = [...this.contacts.values()]
      .toSorted((a, b) => a.id - b.id)
      .filter((contact) => ids.length === 0 || ids.includes(contact.id))
      .filter((contact) => contact.id > Number(query.get('id_greater') ?? 0))
      .filter((contact) => email === null || contact.email.toLowerCase() === email.toLowerCase())
      .filter((contact) => contact.udate >= since)
      .filter((contact) => tag === 0 || this.contactTags.some((row) => row.contact === contact.id && row.tag === tag))
      .filter(
        (contact) =>
          list === 0 ||
          this.contactLists.some(
            (row) => row.contact === contact.id && row.list === list && (status === -1 || row.status === status),
          ),
      );
    const limit = Number(query.get('limit') ?? 20);
    const input = this.echoesQuery ? { page_input: { listid: list, tagid: tag, status } } : {};
    return [
      200,
      { contacts: rows.slice(0, limit).map((row) => this.#contactRow(row)), meta: { ...input, total: String(rows.length) } },
    ];
  }

  #contactRow(contact: StubContact): Record<string, unknown> {
    return { ...strings(contact), cdate: stamp(contact.cdate), udate: stamp(contact.udate), deleted: '0' };
  }

  #valueRow(row: StubValue): Record<string, unknown> {
    return { ...strings(row), owner: String(row.contact) };
  }

  #statusRow(row: StubAccount['contactLists'][number]): Record<string, unknown> {
    return {
      contact: String(row.contact),
      list: String(row.list),
      status: String(row.status),
      sdate: stamp(row.sdate),
      udate: row.udate === null ? null : stamp(row.udate),
    };
  }

  #getContact(id: number): Answer {
    const contact = this.contacts.get(id);
    if (contact === undefined) return [404, { message: `No Result found for Subscriber with id ${id}` }];
    return [
      200,
      {
        contactLists: this.contactLists.filter((row) => row.contact === id).map((row) => this.#statusRow(row)),
        fieldValues: this.values.filter((row) => row.contact === id).map((row) => this.#valueRow(row)),
        contact: this.#contactRow(contact),
      },
    ];
  }

  #sync(body: Body): Answer {
    const email = String(body['email']);
    const existing = this.byEmail(email);
    const contact = existing ?? this.addContact(email);
    return this.#write(existing === undefined ? 201 : 200, contact, body);
  }

  #put(id: number, body: Body): Answer {
    const contact = this.contacts.get(id);
    if (contact === undefined) return [404, { message: `No Result found for Subscriber with id ${id}` }];
    const taken = body['email'] === undefined ? undefined : this.byEmail(body['email'] as string);
    if (taken !== undefined && taken.id !== id) {
      return [422, { errors: [{ title: 'Email address already exists in the system', detail: '', code: 'duplicate' }] }];
    }
    return this.#write(200, contact, body);
  }

  #write(status: number, contact: StubContact, body: Body): Answer {
    const { fieldValues, ...natives } = body as { fieldValues?: { field: string; value: string }[] };
    const refused = (fieldValues ?? []).find(
      ({ field, value }) => this.fields.find((one) => one.id === Number(field))?.type === 'date' && value === '2026-99-99',
    );
    if (refused !== undefined) {
      return [
        422,
        {
          errors: [
            { detail: `The custom field value \`${refused.value}\` could not be saved to the custom field of type \`date\`.` },
          ],
        },
      ];
    }
    Object.assign(contact, natives);
    this.touch(contact.id);
    // The vendor trims, so that what is read back is not always what was sent.
    const rows = (fieldValues ?? []).map(({ field, value }) =>
      this.#valueRow(this.setValue(contact.id, Number(field), value.trim())),
    );
    return [status, { ...(rows.length === 0 ? {} : { fieldValues: rows }), contact: this.#contactRow(contact) }];
  }

  #listValues(query: URLSearchParams): Answer {
    const field = query.get('filters[fieldid]');
    const value = query.get('filters[val]');
    const rows = this.values.filter(
      (row) => (field === null || row.field === Number(field)) && (value === null || row.value === value),
    );
    return page(
      'fieldValues',
      rows.map((row) => this.#valueRow(row)),
      query,
    );
  }

  #fieldRow(field: StubField): Record<string, unknown> {
    const { id, title, type, perstag, descript, defval, visible } = field;
    return { ...strings({ id, title, type, perstag, descript, visible }), defval: defval === '' ? null : defval };
  }

  #beside(fields: StubField[]): Record<string, unknown> {
    return {
      fieldOptions: fields.flatMap((field) =>
        field.options.map((option) => ({ ...strings(option), label: option.value, field: String(field.id) })),
      ),
      fieldRels: fields
        .filter((field) => field.onAllLists)
        .map((field) => ({ id: String(field.id), field: String(field.id), relid: '0' })),
    };
  }

  #listFields(query: URLSearchParams): Answer {
    const [status, body] = page(
      'fields',
      this.fields.map((field) => this.#fieldRow(field)),
      query,
    );
    return [status, { ...(body as object), ...this.#beside(this.fields) }];
  }

  #getField(id: number): Answer {
    const field = this.fields.find((one) => one.id === id);
    if (field === undefined) return [404, { message: `No Result found for Field with id ${id}` }];
    return [200, { ...this.#beside([field]), field: this.#fieldRow(field) }];
  }

  #postField(body: Body): Answer {
    const field = this.addField(String(body['title']), String(body['type']));
    Object.assign(field, body, { onAllLists: false });
    return [201, { field: { title: field.title, id: String(field.id) } }];
  }

  #delete(rows: { id: number }[], id: number, name: string): Answer {
    const index = rows.findIndex((row) => row.id === id);
    if (index < 0) return [404, { message: `No Result found for ${name} with id ${id}` }];
    rows.splice(index, 1);
    return [200, {}];
  }
}
