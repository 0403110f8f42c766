/**
 * Campaigns that were sent, and what people did with them, by version 2 of the API, which alone reports it.
 * What happened once (sent, bounced, unsubscribed) stands in one row a recipient; opens and clicks have rows
 * of their own.
 *
 * UNVERIFIED, and decided in this file alone: whether since-dates include their bound (reads go back further than the
 * cursor, and keys make repeats harmless); that a bounce or an unsubscription makes its campaign one "with activity"
 * (where it does not, it shows with the campaign's next activity); when a bounce or an unsubscription happened, which no
 * row tells: the time of the sending, and of the last opening, stand for it.
 */
import { pathSegment } from '../../http/address.ts';
import type { CampaignActivity, CampaignPage, CampaignSource, ListPerson, OptOut, SentCampaign } from '../campaigns.ts';
import type { Cursor } from '../provider.ts';
import { V2_PAGE, type AccountDirectory } from './account-directory.ts';
import type { Api } from './api.ts';
import { changedSince, listContacts } from './contact-listing.ts';
import { cursorOf, positionOf } from './position.ts';
import { idOf, instantOf, rowOf, rowsOf, text, unexpected, vendorInstant, type Row } from './rows.ts';

/** A row may be listed some seconds after its stamp: cursors stay this far behind the vendor's present. */
const SETTLE_LAG_MS = 60_000;
/** How far a read reaches back before its cursor. */
const OVERLAP_MS = 5 * 60_000;
/** Before the vendor began: its way of asking for everything that has a date. */
const LONG_AGO = Date.parse('1999-01-01T00:00:00Z');
/** Dates before this stand for "never". */
const NEVER_BEFORE = Date.parse('1980-01-01T00:00:00Z');
/** A page of rows shifts while others come and go: pages overlap by so many. @source the CRM bundle's OverlapIterator */
const PAGE_OVERLAP = 100;

/** @source the statuses of version 2's contacts */
const REASONS: Readonly<Record<string, OptOut['why']>> = {
  Unsubscribed: 'unsubscribed',
  IspComplained: 'complained',
  DirectComplaint: 'complained',
};

export function createCampaignSource(api: Api, directory: AccountDirectory): CampaignSource {
  return {
    async findLists(names) {
      await directory.load(
        names.map((name) => `member/${name}`),
        true,
      );
      return new Map(names.flatMap((name) => (directory.book(name) === undefined ? [] : [[name, directory.book(name)!.id]])));
    },
    async *sentTo(list, signal) {
      for await (const { rows } of pages(api, 'medium', `/v2/address-books/${list}/campaigns`, 'campaigns', signal)) {
        yield rows.filter((row) => text(row['status']) === 'Sent').map((row) => campaignOf(api, row));
      }
    },
    async summary(campaign, signal) {
      const answer = await api.get('medium', `/v2/campaigns/${campaign}/summary`, undefined, signal);
      const row = rowOf(api, answer.json, 'a summary');
      const count = (name: string): number => Number(row[name] ?? 0) || 0;
      return {
        sentAt: dateOf(row['dateSent']),
        sent: count('numTotalSent'),
        delivered: count('numTotalDelivered'),
        opened: count('numTotalUniqueOpens'),
        clicked: count('numRecipientsClicked'),
        unsubscribed: count('numTotalUnsubscribes'),
        softBounced: count('numTotalSoftBounces'),
        hardBounced: count('numTotalHardBounces'),
      };
    },
    async news(since, signal) {
      if (since === undefined) {
        const { date } = await api.call({ tier: 'high', method: 'GET', path: '/v2/server-time', expect: 'text', signal });
        return { campaigns: undefined, cursor: cursorAt(api, date, undefined) };
      }
      const position = positionOf(api, since);
      const found = new Set<string>();
      let present: number | undefined;
      const path = `/v2/campaigns/with-activity-since/${pathSegment(vendorInstant(position - OVERLAP_MS))}`;
      for await (const { rows, date } of pages(api, 'medium', path, 'campaigns', signal)) {
        present ??= date;
        for (const row of rows) found.add(idOf(api, row['id'], 'a campaign'));
      }
      return { campaigns: found, cursor: cursorAt(api, present, position) };
    },
    async *activities(campaign, since, signal) {
      const from = since === undefined ? undefined : vendorInstant(positionOf(api, since) - OVERLAP_MS);
      const dated = from === undefined ? '' : `/since-date/${pathSegment(from)}`;
      const reports = [
        ['activities', (row: Row) => recipientActivities(api, campaign, row)],
        ['opens', (row: Row) => [openActivity(api, campaign, row)]],
        ['clicks', (row: Row) => [clickActivity(api, campaign, row)]],
      ] as const;
      for (const [report, activitiesOf] of reports) {
        const path = `/v2/campaigns/${campaign}/${report}${dated}`;
        for await (const { rows } of pages(api, 'low', path, report, signal)) yield rows.flatMap((row) => activitiesOf(row));
      }
    },
    price: ({ sent, opened, clicked }) => pagesOf(sent) + pagesOf(opened) + pagesOf(clicked),
    async *people(list, since, signal) {
      const position = since === undefined ? undefined : positionOf(api, since);
      const bare = { natives: [], fields: [], members: [], consents: [] };
      const filter = { '~listId': list, ...(position === undefined ? {} : changedSince(position - OVERLAP_MS)) };
      let present: number | undefined;
      for await (const { contacts, date } of listContacts(api, bare, filter, signal)) {
        present ??= date;
        yield {
          rows: contacts.flatMap(({ id, email, isDeleted }): ListPerson[] => (isDeleted || email === '' ? [] : [{ id, email }])),
        };
      }
      yield { rows: [], cursor: cursorAt(api, present, position) };
    },
    async *optOuts(list, since, signal): AsyncGenerator<CampaignPage<OptOut>> {
      const position = since === undefined ? undefined : positionOf(api, since);
      const base = list === undefined ? '/v2/contacts/suppressed-since' : `/v2/address-books/${list}/contacts/unsubscribed-since`;
      const from = position === undefined ? LONG_AGO : position - OVERLAP_MS;
      let present: number | undefined;
      const path = `${base}/${pathSegment(vendorInstant(from))}`;
      for await (const { rows, date } of pages(api, 'low', path, 'suppressed contacts', signal)) {
        present ??= date;
        yield {
          rows: rows.flatMap((row): OptOut[] => {
            const email = text(rowOf(api, row['suppressedContact'], 'a suppressed contact')['email']);
            const reason = text(row['reason']);
            // Who was deleted has said nothing of what they want, nor can they be reached any more.
            if (email === '' || reason === 'Deleted') return [];
            return [{ email, why: REASONS[reason] ?? 'undeliverable', at: dateOf(row['dateRemoved']) }];
          }),
        };
      }
      yield { rows: [], cursor: cursorAt(api, present, position) };
    },
  };
}

/** Pages of version 2, each beginning a little before the end of the one before: nothing orders them. */
async function* pages(
  api: Api,
  tier: 'low' | 'medium',
  path: string,
  what: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ readonly rows: readonly Row[]; readonly date: number | undefined }> {
  for (let skip = 0; ; skip += V2_PAGE - PAGE_OVERLAP) {
    const answer = await api.get(tier, path, { select: V2_PAGE, skip }, signal);
    const rows = rowsOf(api, answer.json, what);
    yield { rows, date: answer.date };
    if (rows.length < V2_PAGE) return;
  }
}

function pagesOf(rows: number): number {
  return Math.floor(rows / (V2_PAGE - PAGE_OVERLAP)) + 1;
}

function campaignOf(api: Api, row: Row): SentCampaign {
  return { id: idOf(api, row['id'], 'a campaign'), name: text(row['name']), subject: text(row['subject']) };
}

/** What happened at most once to one recipient of one campaign. */
function recipientActivities(api: Api, campaign: string, row: Row): readonly CampaignActivity[] {
  const sentAt = dateOf(row['dateSent']);
  if (sentAt === undefined) throw unexpected(api, 'a recipient without the time of the sending');
  const one = (kind: CampaignActivity['kind'], at: string): CampaignActivity => activityOf(api, campaign, row, kind, at, [], '');
  return [
    one('sent', sentAt),
    ...(row['softBounced'] === true ? [one('soft-bounced', sentAt)] : []),
    ...(row['hardBounced'] === true ? [one('hard-bounced', sentAt)] : []),
    ...(row['unsubscribed'] === true ? [one('unsubscribed', dateOf(row['dateLastOpened']) ?? sentAt)] : []),
  ];
}

function openActivity(api: Api, campaign: string, row: Row): CampaignActivity {
  const at = dateOf(row['dateOpened']);
  if (at === undefined) throw unexpected(api, 'an opening without its time');
  return activityOf(api, campaign, row, 'opened', at, [at], '');
}

function clickActivity(api: Api, campaign: string, row: Row): CampaignActivity {
  const at = dateOf(row['dateClicked']);
  if (at === undefined) throw unexpected(api, 'a click without its time');
  const url = text(row['url']);
  return activityOf(api, campaign, row, 'clicked', at, [at, url], url);
}

/** @param marks what tells it from others of its kind */
function activityOf(
  api: Api,
  campaign: string,
  row: Row,
  kind: CampaignActivity['kind'],
  at: string,
  marks: readonly string[],
  details: string,
): CampaignActivity {
  const person = idOf(api, row['contactId'], 'a recipient');
  return { key: JSON.stringify([campaign, person, kind, ...marks]), kind, person, email: text(row['email']), at, details };
}

function dateOf(value: unknown): string | undefined {
  const instant = instantOf(value);
  return instant === undefined || Date.parse(instant) < NEVER_BEFORE ? undefined : instant;
}

function cursorAt(api: Api, present: number | undefined, before: number | undefined): Cursor {
  if (present === undefined) throw unexpected(api, 'an answer without a date');
  return cursorOf(Math.max(present - SETTLE_LAG_MS, before ?? 0));
}
