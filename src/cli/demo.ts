/**
 * The demonstration: the whole product against the sandbox, in one process and in virtual time, so
 * that rate limits and asynchronous jobs cost no real time. `npm run demo`.
 */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createActiveCampaignSandbox } from '../sandbox/activecampaign/sandbox.ts';
import { createSalesforceSandbox } from '../sandbox/salesforce/sandbox.ts';
import { startSandbox, type RunningSandbox } from '../sandbox/server.ts';
import { nodeWorld } from './node-world.ts';
import { run } from './program.ts';
import type { World } from './world.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/activecampaign-salesforce/', import.meta.url));
const PEOPLE = Number(process.env['DEMO_RECORDS'] ?? 2000);
const SEED = 1;

interface Demonstration {
  readonly sandbox: RunningSandbox;
  readonly world: World;
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'syncline-demo-'));
  const vendors = [createSalesforceSandbox, createActiveCampaignSandbox];
  const sandbox = await startSandbox({ vendors, basePort: 0, seed: SEED, records: PEOPLE, virtualTime: true });
  try {
    await cp(EXAMPLE, folder, { recursive: true });
    const machine = nodeWorld();
    const world: World = {
      ...machine,
      workingFolder: folder,
      clock: sandbox.clock,
      environment: { ...process.env, ...sandbox.environment },
    };
    await demonstrate({ sandbox, world });
  } finally {
    await sandbox.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function demonstrate(demonstration: Demonstration): Promise<void> {
  say(
    `${PEOPLE} people live in two systems: some in Salesforce, some in ActiveCampaign, most in both, not always with the same values (seed ${SEED}).`,
  );
  await command(
    demonstration,
    'The plan: what the YAML would do, to the systems and to the people in them',
    0,
    'plan',
    '--records',
    '4',
  );
  await command(
    demonstration,
    'Apply it: provision what is missing, then converge',
    0,
    'apply',
    '--auto-approve',
    '--records',
    '0',
  );
  await command(demonstration, 'Proof that both ends agree', 0, 'verify');

  say('People edit records on both sides, each through the vendor’s own interface.');
  await editSalesforce(demonstration);
  await editActiveCampaign(demonstration);
  await command(
    demonstration,
    'The plan is empty all the same: edits of people are a backlog, not a change',
    0,
    'plan',
    '--detailed-exitcode',
  );
  await command(demonstration, 'One cycle carries them over', 0, 'sync');
  await command(demonstration, 'Proof again', 0, 'verify');
  const before = await writes(demonstration);
  await command(demonstration, 'One more cycle', 0, 'sync');
  const after = await writes(demonstration);
  if (after !== before) throw new Error(`The last cycle sent ${after - before} writes; it should have sent none.`);
  say('The last cycle sent no write to anybody. That is all there is to it.');
}

async function command({ world }: Demonstration, title: string, expected: number, ...argv: readonly string[]): Promise<void> {
  say(`${title}\n$ syncline ${argv.join(' ')}`);
  const code = await run(argv, world);
  if (code !== expected) throw new Error(`syncline ${argv[0]} ended with ${code}; ${expected} was expected.`);
}

function say(text: string): void {
  process.stdout.write(`\n\u2500\u2500 ${text}\n\n`);
}

interface SalesforceContact {
  readonly Id: string;
  readonly Email: string | null;
  readonly HasOptedOutOfEmail: boolean;
}

async function editSalesforce({ sandbox }: Demonstration): Promise<void> {
  const origin = sandbox.origins['salesforce']!;
  const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'sandbox', client_secret: 'sandbox' });
  const token = (await call<{ access_token: string }>(`${origin}/services/oauth2/token`, { method: 'POST', body: form }))
    .access_token;
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const soql =
    'SELECT Id, Email, HasOptedOutOfEmail FROM Contact WHERE Email != null AND HasOptedOutOfEmail = false ORDER BY Id LIMIT 10';
  const { records } = await call<{ records: SalesforceContact[] }>(
    `${origin}/services/data/v62.0/query?q=${encodeURIComponent(soql)}`,
    { headers },
  );
  for (const [index, contact] of records.entries()) {
    const body = index === 0 ? { HasOptedOutOfEmail: true } : { Title: `Promoted ${index}`, Phone: `+41 44 000 00 ${index}0` };
    await call(`${origin}/services/data/v62.0/sobjects/Contact/${contact.Id}`, {
      method: 'PATCH',
      headers,
      body: JSON.stringify(body),
    });
  }
  say(`Salesforce: ${records.length - 1} people were promoted, one opted out.`);
}

async function editActiveCampaign({ sandbox }: Demonstration): Promise<void> {
  const origin = sandbox.origins['activecampaign']!;
  const headers = { 'api-token': 'sandbox', 'content-type': 'application/json' };
  const { contacts } = await call<{ contacts: { id: string }[] }>(`${origin}/api/3/contacts?orders[id]=DESC&limit=8`, {
    headers,
  });
  for (const [index, contact] of contacts.entries()) {
    await sandbox.clock.sleep(250);
    const body = JSON.stringify({ contact: { firstName: `Renamed ${index}` } });
    await call(`${origin}/api/3/contacts/${contact.id}`, { method: 'PUT', headers, body });
  }
  say(`ActiveCampaign: ${contacts.length} people were renamed.`);
}

async function writes({ sandbox }: Demonstration): Promise<number> {
  let total = 0;
  for (const origin of Object.values(sandbox.origins)) {
    const { calls } = await call<{ calls: { writes: number }[] }>(`${origin}/__sandbox/calls`, {});
    total += calls.reduce((sum, entry) => sum + entry.writes, 0);
  }
  return total;
}

async function call<T>(address: string, init: RequestInit): Promise<T> {
  const response = await fetch(address, init);
  const text = await response.text();
  if (!response.ok) throw new Error(`${init.method ?? 'GET'} ${address} answered ${response.status}: ${text}`);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

await main();
