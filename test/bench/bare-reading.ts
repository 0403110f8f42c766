/**
 * The baseline: how fast the same pages can be read by bare undici and JSON.parse from the same
 * sandbox, with nothing done to them. Speeds are told as a share of this one, so that they mean the
 * same on a slow machine and on a fast one.
 */
import { Agent, request } from 'undici';
import type { RemoteSandbox } from './remote-sandbox.ts';

const ACTIVECAMPAIGN_PAGE = 100;
const ACTIVECAMPAIGN_HEADERS = { 'api-token': 'sandbox' };
const SALESFORCE_API = '/services/data/v62.0';
const FIELDS =
  'Id, SystemModstamp, FirstName, LastName, Email, Phone, Title, MailingCity, Birthdate, LeadSource, HasOptedOutOfEmail, Account.Name';

export interface Reading {
  readonly records: number;
  readonly ms: number;
}

/** Reads all contacts of both vendors and all custom field values, page after page. */
export async function readBare(sandbox: RemoteSandbox): Promise<Reading> {
  const dispatcher = new Agent({ connections: 1 });
  const timer = { ms: 0 };
  const get = async <T>(address: string, headers: Record<string, string>): Promise<T> => {
    const startedAt = performance.now();
    const answer = await request(address, { headers, dispatcher });
    const json = JSON.parse(await answer.body.text()) as T;
    timer.ms += performance.now() - startedAt;
    if (answer.statusCode !== 200) throw new Error(`${address} answered ${answer.statusCode}.`);
    return json;
  };
  try {
    const records = (await readSalesforce(sandbox, get)) + (await readActiveCampaign(sandbox, get));
    return { records, ms: timer.ms };
  } finally {
    await dispatcher.close();
  }
}

type Get = <T>(address: string, headers: Record<string, string>) => Promise<T>;

async function readSalesforce({ origins }: RemoteSandbox, get: Get): Promise<number> {
  const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'sandbox', client_secret: 'sandbox' });
  const token = await fetch(`${origins.salesforce}/services/oauth2/token`, { method: 'POST', body: form });
  const headers = { authorization: `Bearer ${((await token.json()) as { access_token: string }).access_token}` };
  let next: string | undefined = `${SALESFORCE_API}/query?q=${encodeURIComponent(`SELECT ${FIELDS} FROM Contact ORDER BY Id`)}`;
  let records = 0;
  while (next !== undefined) {
    const page: { records: unknown[]; nextRecordsUrl?: string } = await get(`${origins.salesforce}${next}`, headers);
    records += page.records.length;
    next = page.nextRecordsUrl;
  }
  return records;
}

async function readActiveCampaign(sandbox: RemoteSandbox, get: Get): Promise<number> {
  const base = `${sandbox.origins.activecampaign}/api/3`;
  let records = 0;
  for (let after = '0'; ;) {
    // Five calls a second: the sandbox's time is moved on, which is not part of what is measured.
    await sandbox.advance('PT0.2S');
    const { contacts } = await get<{ contacts: { id: string }[] }>(
      `${base}/contacts?orders[id]=ASC&id_greater=${after}&limit=${ACTIVECAMPAIGN_PAGE}`,
      ACTIVECAMPAIGN_HEADERS,
    );
    records += contacts.length;
    if (contacts.length < ACTIVECAMPAIGN_PAGE) break;
    after = contacts.at(-1)!.id;
  }
  for (let offset = 0; ; offset += ACTIVECAMPAIGN_PAGE) {
    await sandbox.advance('PT0.2S');
    const { fieldValues } = await get<{ fieldValues: unknown[] }>(
      `${base}/fieldValues?limit=${ACTIVECAMPAIGN_PAGE}&offset=${offset}`,
      ACTIVECAMPAIGN_HEADERS,
    );
    if (fieldValues.length < ACTIVECAMPAIGN_PAGE) return records;
  }
}
