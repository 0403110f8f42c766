/** Reads what is new at both ends into the ledger. Each position moves when everything before it is stored. */
import { ACCOUNT_WIDE } from '../../mapping/consent-entries.ts';
import { normalizeKey } from '../../mapping/match-key.ts';
import type { CampaignTotals } from '../../model/campaign.ts';
import { toInstant } from '../../model/time.ts';
import type { FieldValues } from '../../model/value.ts';
import type { CampaignActivity, OptOut, SentCampaign } from '../../providers/campaigns.ts';
import type { Cursor } from '../../providers/provider.ts';
import type { ImportedCampaign } from '../../storage/campaign-import.ts';
import type { SuppressionEntry } from '../../storage/suppression.ts';
import type { ActiveCampaignImport } from './active-import.ts';
import { goneRecords } from './gone-records.ts';

const CHANNEL = 'email';

export async function gather(active: ActiveCampaignImport): Promise<void> {
  await active.ledger.begin(active.specification);
  await gatherRecords(active);
  for (const list of active.source.lists.values()) await gatherPeople(active, list);
  await gatherCampaigns(active);
  for (const list of [...active.source.lists.values(), undefined]) await gatherOptOuts(active, list);
}

/** About how many calls it takes to read everything. Asks for the campaigns and their totals, which gathering does not ask for again. */
export async function priceOfReading(active: ActiveCampaignImport): Promise<number> {
  const { source, destination } = active;
  const sent = await sentCampaigns(active);
  let calls = destination.records.price.read(await destination.records.count(), true) + source.lists.size * 3 + 2;
  for (const { id } of sent) calls += source.client.price(await summaryOf(active, id)) + 1;
  return calls;
}

/** Campaigns that were really sent to the lists, each once. */
function sentCampaigns(active: ActiveCampaignImport): Promise<readonly SentCampaign[]> {
  const { source, memory, signal } = active;
  const read = async (): Promise<readonly SentCampaign[]> => {
    const found = new Map<string, SentCampaign>();
    for (const list of source.lists.values())
      for await (const page of source.client.sentTo(list, signal)) for (const campaign of page) found.set(campaign.id, campaign);
    return [...found.values()];
  };
  memory.sent ??= read();
  return memory.sent;
}

async function summaryOf({ source, memory, signal }: ActiveCampaignImport, id: string): Promise<CampaignTotals> {
  const summary = memory.summaries.get(id) ?? (await source.client.summary(id, signal));
  memory.summaries.set(id, summary);
  return summary;
}

async function gatherCampaigns(active: ActiveCampaignImport): Promise<void> {
  const { source, ledger, signal } = active;
  const { campaigns: changed, cursor } = await source.client.news(await cursorOf(active, 'news'), signal);
  const known = new Map((await ledger.campaigns()).map((campaign) => [campaign.id, campaign]));
  for (const [id, sent] of Map.groupBy(await sentCampaigns(active), (campaign) => importedAs(active, campaign))) {
    let campaign = known.get(id) ?? newCampaign(active, id, sent[0]!);
    for (const one of sent) {
      // Only what was read to its end has a position of its own.
      const since = await cursorOf(active, `activities ${one.id}`);
      if (since !== undefined && changed !== undefined && !changed.has(one.id)) continue;
      const summary = await summaryOf(active, one.id);
      campaign = { ...campaign, sources: { ...campaign.sources, [one.id]: { name: one.name, summary } } };
      await ledger.putCampaign(campaign);
      for await (const page of source.client.activities(one.id, since, signal)) await addActivities(active, id, page);
      await ledger.moveCursor(`activities ${one.id}`, cursor);
    }
  }
  await ledger.moveCursor('news', cursor);
}

/** Itself, or the merge that names it. */
function importedAs({ merges }: ActiveCampaignImport, { id, name }: SentCampaign): string {
  const merge = merges.find(({ campaigns }) => campaigns.includes(name));
  return merge === undefined ? id : `merge:${merge.name}`;
}

function newCampaign({ source, merges, address }: ActiveCampaignImport, id: string, first: SentCampaign): ImportedCampaign {
  const merge = merges.find(({ name }) => id === `merge:${name}`);
  return {
    id,
    name: merge?.name ?? first.name,
    key: merge === undefined ? `${source.integration}-${id}` : `${address} ${merge.name}`,
    sources: {},
    remoteId: undefined,
  };
}

async function addActivities(
  active: ActiveCampaignImport,
  campaign: string,
  activities: readonly CampaignActivity[],
): Promise<void> {
  const { ledger, keys, source, destination } = active;
  const rows = await withoutErased(
    active,
    activities.flatMap(({ key, kind, email, at, details }) => {
      const address = addressOf(active, email);
      if (address === undefined) return [];
      return [{ key: keys.keyHash('campaign-activity', source.integration, key), campaign, address, kind, at, details }];
    }),
  );
  const hasPlace = ({ kind }: { readonly kind: CampaignActivity['kind'] }): boolean => destination.kinds.has(kind);
  await ledger.addActivities(rows.filter(hasPlace), 'waiting');
  await ledger.addActivities(
    rows.filter((row) => !hasPlace(row)),
    'kept',
  );
}

async function gatherPeople(active: ActiveCampaignImport, list: string): Promise<void> {
  const name = `people ${list}`;
  const since = await cursorOf(active, name);
  for await (const { rows, cursor } of active.source.client.people(list, since, active.signal)) {
    const people = rows.flatMap(({ id, email }) => {
      const address = addressOf(active, email);
      return address === undefined ? [] : [{ id, address, email }];
    });
    await active.ledger.putPeople(await withoutErased(active, people));
    if (cursor !== undefined) await active.ledger.moveCursor(name, cursor);
  }
}

/** Opt-outs are remembered before anything is done about them, and nothing here ever takes one back. */
async function gatherOptOuts(active: ActiveCampaignImport, list: string | undefined): Promise<void> {
  const name = `opt-outs ${list ?? 'of the account'}`;
  const since = await cursorOf(active, name);
  for await (const { rows, cursor } of active.source.client.optOuts(list, since, active.signal)) {
    const found = rows.flatMap((row) => {
      const address = addressOf(active, row.email);
      return address === undefined ? [] : [{ address, row }];
    });
    await active.common.suppress(found.flatMap(({ address, row }) => suppressionOf(active, list, address, row)));
    const addresses = (await withoutErased(active, found)).map(({ address }) => address);
    await active.ledger.addOptOuts(addresses, list === undefined ? 'account' : 'list');
    if (cursor !== undefined) await active.ledger.moveCursor(name, cursor);
  }
}

/** A mailbox that takes no mail is unsubscribed from the list, but has not said that it wants none. */
function suppressionOf(
  { purposes, clock }: ActiveCampaignImport,
  list: string | undefined,
  address: Buffer,
  { why, at }: OptOut,
): readonly SuppressionEntry[] {
  if (why === 'undeliverable') return [];
  const purpose = (list === undefined ? undefined : purposes.get(list)) ?? ACCOUNT_WIDE;
  return [{ address, channel: CHANNEL, purpose, state: why, at: at ?? toInstant(clock.now()) }];
}

/** Who the destination knows, by address. */
async function gatherRecords(active: ActiveCampaignImport): Promise<void> {
  const { destination, ledger, signal } = active;
  const since = await cursorOf(active, 'records');
  for await (const { records, deletions, cursor } of destination.records.read(since, signal)) {
    const found = records.map(({ id, values }) => ({ remoteId: id, addresses: addressesOf(active, values) }));
    await ledger.putRecords([...found, ...deletions.map(({ id }) => ({ remoteId: id, addresses: [] }))]);
    // Whoever has the address of a record that was deleted unseen is no second person.
    const sharers = since === undefined ? [] : await ledger.sharers(found.map(({ remoteId }) => remoteId));
    const gone = await goneRecords(destination.records, new Set(sharers), signal);
    await ledger.putRecords([...gone].map((remoteId) => ({ remoteId, addresses: [] })));
    if (cursor !== undefined) await ledger.moveCursor('records', cursor);
  }
}

function addressesOf(active: ActiveCampaignImport, values: FieldValues): readonly Buffer[] {
  const texts = active.destination.client.addressPaths.flatMap((path) => {
    const value = values[path] ?? null;
    return Array.isArray(value) ? (value as readonly string[]) : typeof value === 'string' ? [value] : [];
  });
  return texts.map((text) => addressOf(active, text)).filter((address) => address !== undefined);
}

/** As the suppression list names it. */
function addressOf({ keys }: ActiveCampaignImport, email: string): Buffer | undefined {
  const address = normalizeKey(email, 'email');
  return address === undefined ? undefined : keys.keyHash('suppression', address);
}

async function withoutErased<Row extends { readonly address: Buffer }>(
  { common }: ActiveCampaignImport,
  rows: readonly Row[],
): Promise<readonly Row[]> {
  if (rows.length === 0 || !(await common.hasErased())) return rows;
  const found = await common.suppressed(
    rows.map(({ address }) => address),
    CHANNEL,
    ACCOUNT_WIDE,
  );
  return rows.filter(({ address }) => found.get(address.toString('hex'))?.state !== 'erased');
}

async function cursorOf({ ledger }: ActiveCampaignImport, name: string): Promise<Cursor | undefined> {
  return (await ledger.cursor(name)) as Cursor | undefined;
}
