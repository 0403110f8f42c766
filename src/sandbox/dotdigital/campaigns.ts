/** Campaigns and their reports, as far as they are read. */
import { bookAt, bookForm } from './address-books.ts';
import {
  activitiesAt,
  activityForm,
  campaignForm,
  clickForm,
  lastActivity,
  moment,
  attachmentForm,
  openForm,
  replyForm,
  viewForm,
  type Activity,
  type Campaign,
} from './campaign.ts';
import { contactForm, notFound } from './contacts.ts';
import { ok, PARAMETER_INVALID, refusedV2, type Answer } from './errors.ts';
import { route, type Exchange, type Route } from './exchange.ts';
import { dateOf, pageOf } from './paging.ts';

function campaignAt({ store, parameters }: Exchange): Campaign | Answer {
  return store.campaigns.get(Number(parameters[0])) ?? refusedV2('ERROR_CAMPAIGN_NOT_FOUND', 404);
}

function isAnswer(value: Campaign | Answer): value is Answer {
  return typeof value.status === 'number';
}

function extendedForm(campaign: Campaign): Readonly<Record<string, unknown>> {
  return {
    ...campaignForm(campaign, false),
    type: campaign.status === 'Triggered' ? 'Triggered' : 'Standard',
    tags: [],
    sentDate: campaign.sent === undefined ? null : moment(campaign.sent),
    scheduledDate: null,
  };
}

function listCampaigns(exchange: Exchange): Answer {
  return pageOf(exchange, exchange.store.campaigns.values(), (campaign) => campaignForm(campaign, false));
}

function filterCampaigns(exchange: Exchange): Answer {
  const { query } = exchange.request;
  const type = query.get('~type');
  const statuses = query.get('~statuses')?.split(',');
  const found = [...exchange.store.campaigns.values()].filter(
    (campaign) =>
      (type === null || extendedForm(campaign)['type'] === type) &&
      (statuses === undefined || statuses.includes(campaign.status)),
  );
  return pageOf(exchange, found, extendedForm);
}

function getCampaign(exchange: Exchange): Answer {
  const campaign = campaignAt(exchange);
  return isAnswer(campaign) ? campaign : ok(campaignForm(campaign, true));
}

function campaignsOfBook(exchange: Exchange): Answer {
  const book = bookAt(exchange);
  if ('status' in book) return book;
  const sent = [...exchange.store.campaigns.values()].filter(({ books, status }) => books.includes(book.id) && status === 'Sent');
  return pageOf(exchange, sent, (campaign) => campaignForm(campaign, false));
}

function booksOfCampaign(exchange: Exchange): Answer {
  const campaign = campaignAt(exchange);
  if (isAnswer(campaign)) return campaign;
  const { store } = exchange;
  return pageOf(
    exchange,
    campaign.books.flatMap((id) => store.books.get(id) ?? []),
    (book) => bookForm(book, store),
  );
}

function campaignsWithActivity(exchange: Exchange): Answer {
  const since = dateOf(exchange.parameters[0]);
  if (since === undefined) return refusedV2(PARAMETER_INVALID);
  const active = [...exchange.store.campaigns.values()].filter((campaign) =>
    activitiesAt(campaign, exchange.now).some((one) => lastActivity(one) >= since),
  );
  return pageOf(exchange, active, (campaign) => campaignForm(campaign, false));
}

/** Rows of a campaign, all or those since the date of the second variable segment. */
function report(rowsOf: (activity: Activity) => readonly { readonly at: number; readonly row: unknown }[], dated: boolean) {
  return (exchange: Exchange): Answer => {
    const campaign = campaignAt(exchange);
    if (isAnswer(campaign)) return campaign;
    const since = dated ? dateOf(exchange.parameters[1]) : 0;
    if (since === undefined) return refusedV2(PARAMETER_INVALID);
    const rows = activitiesAt(campaign, exchange.now)
      .flatMap(rowsOf)
      .filter(({ at }) => at >= since);
    return pageOf(exchange, rows, ({ row }) => row);
  };
}

const activityRows = (activity: Activity) => [{ at: lastActivity(activity), row: activityForm(activity) }];
const openRows = (activity: Activity) => activity.opens.map((at) => ({ at, row: openForm(activity, at) }));
const clickRows = (activity: Activity) => activity.clicks.map((click) => ({ at: click.at, row: clickForm(activity, click) }));

const groupedRows = (activity: Activity) =>
  clickRows(activity).map(({ at, row }) => ({
    at,
    row: { ...row, groups: [{ name: 'offers', dateCreated: moment(activity.sent) }] },
  }));
const viewRows = (activity: Activity) => activity.clicks.map((click) => ({ at: click.at, row: viewForm(activity, click) }));
const replyRows = (activity: Activity) => activity.replies.map((reply) => ({ at: reply.at, row: replyForm(activity, reply) }));

/** Rows of one recipient. */
function reportOfContact(rowsOf: (activity: Activity) => readonly { readonly row: unknown }[]) {
  return (exchange: Exchange): Answer => {
    const campaign = campaignAt(exchange);
    if (isAnswer(campaign)) return campaign;
    const own = activitiesAt(campaign, exchange.now).filter(({ contactId }) => contactId === Number(exchange.parameters[1]));
    return pageOf(exchange, own.flatMap(rowsOf), ({ row }) => row);
  };
}

function attachments(exchange: Exchange): Answer {
  const campaign = campaignAt(exchange);
  if (isAnswer(campaign)) return campaign;
  return ok(campaign.sent === undefined ? [] : [attachmentForm(campaign)]);
}

function activityOfContact(exchange: Exchange): Answer {
  const campaign = campaignAt(exchange);
  if (isAnswer(campaign)) return campaign;
  const activity = activitiesAt(campaign, exchange.now).find(({ contactId }) => contactId === Number(exchange.parameters[1]));
  return activity === undefined ? notFound() : ok(activityForm(activity));
}

function hardBounces(exchange: Exchange): Answer {
  const campaign = campaignAt(exchange);
  if (isAnswer(campaign)) return campaign;
  const { store, request } = exchange;
  const bounced = campaign.activities.flatMap((one) => (one.hardBounced ? (store.contacts.get(one.contactId) ?? []) : []));
  const full = request.query.get('withFullData') === 'true';
  return pageOf(exchange, bounced, (contact) => contactForm(store, contact, full));
}

/** Fractions, as the vendor's documentation has them; an old client's sample shows percentages. */
function summary(exchange: Exchange): Answer {
  const campaign = campaignAt(exchange);
  if (isAnswer(campaign)) return campaign;
  const activities = activitiesAt(campaign, exchange.now);
  const sent = activities.length;
  const count = (of: (activity: Activity) => number): number => activities.reduce((sum, one) => sum + of(one), 0);
  const share = (part: number, whole: number): number => (whole === 0 ? 0 : Math.round((part / whole) * 10_000) / 10_000);
  const opens = count(({ opens: at }) => at.length);
  const openers = count(({ opens: at }) => Math.sign(at.length));
  const clicks = count(({ clicks: at }) => at.length);
  const clickers = count(({ clicks: at }) => Math.sign(at.length));
  const hard = count(({ hardBounced }) => Number(hardBounced));
  const soft = count(({ softBounced }) => Number(softBounced));
  const left = count(({ unsubscribed }) => Number(unsubscribed));
  const delivered = sent - hard - soft;
  const split = (name: string, total: number) => ({ [`num${name}`]: total, [`numText${name}`]: 0, [`numTotal${name}`]: total });
  return ok({
    dateSent: moment(campaign.sent ?? 0),
    numUniqueOpens: openers,
    numUniqueTextOpens: 0,
    numTotalUniqueOpens: openers,
    ...split('Opens', opens),
    ...split('Clicks', clicks),
    ...split('PageViews', clicks),
    // There is no total of these.
    numForwards: 0,
    numTextForwards: 0,
    ...split('EstimatedForwards', 0),
    ...split('Replies', 0),
    ...split('HardBounces', hard),
    ...split('SoftBounces', soft),
    ...split('Unsubscribes', left),
    ...split('IspComplaints', 0),
    ...split('MailBlocks', 0),
    ...split('Sent', sent),
    numRecipientsClicked: clickers,
    ...split('Delivered', delivered),
    percentageDelivered: share(delivered, sent),
    percentageUniqueOpens: share(openers, delivered),
    percentageOpens: share(opens, delivered),
    percentageUnsubscribes: share(left, delivered),
    percentageReplies: 0,
    percentageHardBounces: share(hard, sent),
    percentageSoftBounces: share(soft, sent),
    percentageUsersClicked: share(clickers, delivered),
    percentageClicksToOpens: share(clickers, openers),
    // Added later by the vendor, and known to have broken strict clients.
    revenue: null,
    conversionRate: 0,
    assistedRevenue: null,
    numOrders: 0,
    numAssistedOrders: 0,
  });
}

export const campaignRoutes: readonly Route[] = [
  route('GET', '/v2/campaigns', 'medium', listCampaigns),
  route('GET', '/v2/campaigns/filtered', 'medium', filterCampaigns),
  route('GET', '/v2/campaigns/{id}', 'medium', getCampaign),
  route('GET', '/v2/campaigns/with-activity-since/{date}', 'medium', campaignsWithActivity),
  route('GET', '/v2/campaigns/{id}/address-books', 'medium', booksOfCampaign),
  route('GET', '/v2/address-books/{id}/campaigns', 'medium', campaignsOfBook),
  route('GET', '/v2/campaigns/{id}/summary', 'medium', summary),
  route('GET', '/v2/campaigns/{id}/activities', 'low', report(activityRows, false)),
  route('GET', '/v2/campaigns/{id}/activities/since-date/{date}', 'low', report(activityRows, true)),
  route('GET', '/v2/campaigns/{id}/activities/{contactId}', 'high', activityOfContact),
  route('GET', '/v2/campaigns/{id}/opens', 'low', report(openRows, false)),
  route('GET', '/v2/campaigns/{id}/opens/since-date/{date}', 'low', report(openRows, true)),
  route('GET', '/v2/campaigns/{id}/clicks', 'low', report(clickRows, false)),
  route('GET', '/v2/campaigns/{id}/clicks/since-date/{date}', 'low', report(clickRows, true)),
  route('GET', '/v2/campaigns/{id}/hard-bouncing-contacts', 'low', hardBounces),
  route('GET', '/v2/campaigns/{id}/clicks-with-groups', 'low', report(groupedRows, false)),
  route('GET', '/v2/campaigns/{id}/clicks-with-groups/since-date/{date}', 'low', report(groupedRows, true)),
  route('GET', '/v2/campaigns/{id}/page-views/since-date/{date}', 'low', report(viewRows, true)),
  route('GET', '/v2/campaigns/{id}/activities/{contactId}/clicks', 'high', reportOfContact(clickRows)),
  route('GET', '/v2/campaigns/{id}/activities/{contactId}/opens', 'high', reportOfContact(openRows)),
  route('GET', '/v2/campaigns/{id}/activities/{contactId}/page-views', 'high', reportOfContact(viewRows)),
  route('GET', '/v2/campaigns/{id}/activities/{contactId}/replies', 'high', reportOfContact(replyRows)),
  route('GET', '/v2/campaigns/{id}/attachments', 'medium', attachments),
  // Nothing here sends mail to anybody.
  route('POST', '/v2/campaigns/send', 'unlimited', () =>
    refusedV2('ERROR_CAMPAIGN_SENDNOTPERMITTED', 400, 'Send not permitted at this time.'),
  ),
];
