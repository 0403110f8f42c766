/** An org under test: calls in process, a clock that a test moves, a few people. */
import { createSalesforceSandbox } from '../../../src/sandbox/salesforce/sandbox.ts';
import type { SalesforceSandbox } from '../../../src/sandbox/salesforce/sandbox.ts';
import type { SandboxResponse, Seed, SeedPerson } from '../../../src/sandbox/vendor.ts';

export const ORIGIN = 'http://127.0.0.1:4701';
const VERSION = '62.0';
const START = Date.parse('2026-11-22T09:15:08.250Z');

/** JSON whose shape the test at hand knows. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Loose = any;

export type Body = Record<string, Loose>;

export interface OrgAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Loose;
  readonly writes: number;
}

export function person(number: number, facts: Partial<SeedPerson> = {}): SeedPerson {
  return {
    number,
    firstName: `First ${number}`,
    lastName: `Last ${number}`,
    email: `person${number}@example.com`,
    phone: `+1 555 ${number}`,
    jobTitle: 'Engineer',
    city: 'Bolzano',
    birthday: '1980-02-29',
    leadSource: 'Web',
    company: `Company ${number % 3}`,
    optedOut: false,
    createdMsAgo: 86_400_000 * 20,
    changedMsAgo: 86_400_000 * 10 + number * 1_000,
    ...facts,
  };
}

/** A seed whose CRM knows some people. */
export function seedOf(people: readonly SeedPerson[]): Seed {
  return { seed: 1, crm: people, marketing: [] };
}

export class Org {
  readonly sandbox: SalesforceSandbox;
  nowMs = START;
  realMs = START;
  token: string;

  constructor(people: readonly SeedPerson[] = [1, 2, 3].map((number) => person(number))) {
    this.sandbox = createSalesforceSandbox({ now: () => this.nowMs, rateNow: () => this.nowMs, realNow: () => this.realMs });
    this.sandbox.reset(seedOf(people));
    this.token = this.login();
  }

  login(): string {
    const form = 'grant_type=client_credentials&client_id=sandbox&client_secret=sandbox';
    this.token = String(this.send('POST', '/services/oauth2/token', form).body.access_token);
    return this.token;
  }

  advance(ms: number): void {
    this.nowMs += ms;
  }

  /** Sends a call; a body that is no text is sent as JSON. */
  send(
    method: string,
    address: string,
    body?: unknown,
    more: { headers?: Record<string, string>; partial?: boolean } = {},
  ): OrgAnswer {
    const [path = '', ...query] = address.split('?');
    const rawQuery = query.join('?');
    const response = this.sandbox.handle({
      method,
      path,
      rawQuery,
      query: new URLSearchParams(rawQuery),
      headers: { authorization: `Bearer ${this.token}`, ...more.headers },
      body: Buffer.from(typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body)),
      origin: ORIGIN,
      partial: more.partial ?? false,
    }) as SandboxResponse;
    const answered: unknown = response.body === undefined ? null : response.body;
    return {
      status: response.status,
      headers: response.headers ?? {},
      // As the wire would carry it.
      body: typeof answered === 'string' ? answered : JSON.parse(JSON.stringify(answered)),
      writes: response.writes,
    };
  }

  /** Sends a call below the data API's root. */
  data(
    method: string,
    resource: string,
    body?: unknown,
    more: { headers?: Record<string, string>; partial?: boolean } = {},
  ): OrgAnswer {
    return this.send(method, `/services/data/v${VERSION}/${resource}`, body, more);
  }

  query(soql: string): OrgAnswer {
    return this.data('GET', `query?q=${encodeURIComponent(soql)}`);
  }

  /** The records of a query that must succeed. */
  rows(soql: string): Body[] {
    const { status, body } = this.query(soql);
    if (status !== 200) throw new Error(JSON.stringify(body));
    return body.records;
  }

  /** Creates a record that must be accepted. @returns its id */
  create(object: string, fields: Body): string {
    const { status, body } = this.data('POST', `sobjects/${object}`, fields);
    if (status !== 201) throw new Error(JSON.stringify(body));
    return body.id;
  }

  /** Creates a custom field and shows it to the user. */
  customField(fullName: string, metadata: Body): string {
    const { status, body } = this.data('POST', 'tooling/sobjects/CustomField', { FullName: fullName, Metadata: metadata });
    if (status !== 201) throw new Error(JSON.stringify(body));
    this.showField(fullName);
    return body.id;
  }

  showField(fullName: string, edit = true): void {
    const sets = this.rows("SELECT Id FROM PermissionSet WHERE Name = 'Sync'");
    const permissionSet = sets[0]?.['Id'] ?? this.create('PermissionSet', { Name: 'Sync', Label: 'Sync' });
    if (sets.length === 0) this.create('PermissionSetAssignment', { PermissionSetId: permissionSet, AssigneeId: this.userId() });
    const [SobjectType] = fullName.split('.');
    this.create('FieldPermissions', {
      ParentId: permissionSet,
      SobjectType,
      Field: fullName,
      PermissionsRead: true,
      PermissionsEdit: edit,
    });
  }

  userId(): string {
    return this.send('GET', '/services/oauth2/userinfo').body.user_id;
  }

  dump(object: string): Body[] {
    return [...(this.sandbox.dump(object) ?? [])];
  }
}

export const EXTERNAL_ID = { type: 'Text', label: 'Ext', length: 36, externalId: true, unique: true };
