/** People edit records through the vendors' own interfaces: half at each end, nobody at both. */
import type { RemoteSandbox } from './remote-sandbox.ts';

/** How many people are edited, whatever the size of the tables. */
export const CHANGES = 100;

const SALESFORCE_API = '/services/data/v62.0';

export async function editPeople(sandbox: RemoteSandbox): Promise<void> {
  const addresses = await editSalesforce(sandbox, CHANGES / 2);
  await editActiveCampaign(sandbox, CHANGES / 2, addresses);
}

/** Promotes people; answers their addresses, in lower case. */
async function editSalesforce({ origins }: RemoteSandbox, count: number): Promise<ReadonlySet<string>> {
  const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'sandbox', client_secret: 'sandbox' });
  const { access_token: token } = await call<{ access_token: string }>(`${origins.salesforce}/services/oauth2/token`, {
    method: 'POST',
    body: form,
  });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const soql = `SELECT Id, Email FROM Contact WHERE Email != null AND Syncline_Id__c != null ORDER BY Id LIMIT ${count}`;
  const { records } = await call<{ records: { Id: string; Email: string }[] }>(
    `${origins.salesforce}${SALESFORCE_API}/query?q=${encodeURIComponent(soql)}`,
    { headers },
  );
  if (records.length < count) throw new Error(`Only ${records.length} of ${count} people were found in Salesforce.`);
  const body = {
    allOrNone: true,
    records: records.map(({ Id }, index) => ({ attributes: { type: 'Contact' }, id: Id, Title: `Promoted ${index}` })),
  };
  await call(`${origins.salesforce}${SALESFORCE_API}/composite/sobjects`, {
    method: 'PATCH',
    headers,
    body: JSON.stringify(body),
  });
  return new Set(records.map(({ Email }) => Email.toLowerCase()));
}

async function editActiveCampaign(sandbox: RemoteSandbox, count: number, others: ReadonlySet<string>): Promise<void> {
  const base = `${sandbox.origins.activecampaign}/api/3`;
  const headers = { 'api-token': 'sandbox', 'content-type': 'application/json' };
  const edited: string[] = [];
  for (let after = '0'; edited.length < count;) {
    await sandbox.advance('PT1S');
    const { contacts } = await call<{ contacts: { id: string; email: string }[] }>(
      `${base}/contacts?orders[id]=ASC&id_greater=${after}&limit=100`,
      { headers },
    );
    if (contacts.length === 0) throw new Error(`Only ${edited.length} of ${count} people were found in ActiveCampaign.`);
    after = contacts.at(-1)!.id;
    edited.push(...contacts.filter(({ email }) => !others.has(email.toLowerCase())).map(({ id }) => id));
  }
  for (const [index, id] of edited.slice(0, count).entries()) {
    await sandbox.advance('PT0.2S');
    await call(`${base}/contacts/${id}`, {
      method: 'PUT',
      headers,
      body: JSON.stringify({ contact: { phone: `+41 44 000 ${index}` } }),
    });
  }
}

async function call<T>(address: string, init: RequestInit): Promise<T> {
  const response = await fetch(address, init);
  const text = await response.text();
  if (!response.ok) throw new Error(`${init.method ?? 'GET'} ${address} answered ${response.status}: ${text}`);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}
