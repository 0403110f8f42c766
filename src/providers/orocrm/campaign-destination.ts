/**
 * Campaigns and marketing activities, as far as a stock installation takes them: `campaigns` and
 * `marketingactivities` of JSON:API. E-mail campaigns and their statistics have no resource there.
 *
 * Neither type takes many in one call. Activities go along with their campaign instead, in its `included` section,
 * which takes resources that refer to the primary one, all or none of them.
 * @source oroinc/OroCRMMarketingBundle: api.yml of CampaignBundle and MarketingActivityBundle, their texts and validation;
 *   oroinc/documentation, create-update-related-resources
 */
import { createHash } from 'node:crypto';
import { ProviderError } from '../../model/errors.ts';
import { toInstant } from '../../model/time.ts';
import type {
  ActivityKind,
  ActivityOutcome,
  ActivityRecord,
  CampaignContent,
  CampaignDestination,
  StoredCampaign,
} from '../campaigns.ts';
import { listPages, type Api } from './api.ts';
import { PRIMARY_SETS, type ObjectKind } from './catalog.ts';
import { textOf, unexpected, type Entity, type Identifier } from './documents.ts';
import { readInstant } from './record-values.ts';

const CAMPAIGNS = 'campaigns';
const ACTIVITIES = 'marketingactivities';
const TYPES = 'marketingactivitytypes';

/** Ids of the stock enumeration; an administrator may have taken some away. @source MarketingActivityBundle, ma_type */
const KIND_IDS: Readonly<Record<ActivityKind, string>> = {
  sent: 'send',
  opened: 'open',
  clicked: 'click',
  'soft-bounced': 'soft_bounce',
  'hard-bounced': 'hard_bounce',
  unsubscribed: 'unsubscribe',
};

/** @source CampaignBundle/Resources/config/validation.yml */
const MOST_NAME_CHARACTERS = 100;
const MOST_CODE_CHARACTERS = 20;
/** UNVERIFIED: no limit is documented outside of batches; theirs, 100 resources, is kept. */
const MOST_ACTIVITIES = 100;

export function createCampaignDestination(api: Api, kind: ObjectKind): CampaignDestination {
  const emails = PRIMARY_SETS.find(({ item }) => item === 'email')!;

  return {
    lacks: ['e-mail campaigns', 'statistics of e-mail campaigns'],
    addressPaths: [emails.primary, emails.set],
    listStatePath: (list) => `unsubscribed/${list}`,
    maxBatchActivities: MOST_ACTIVITIES,
    async kinds(signal) {
      const query = { 'page[size]': -1 };
      const { data } = await api.call({ method: 'GET', path: `/${TYPES}`, query, headers: { 'x-include': 'noHateoas' }, signal });
      const ids = new Set(data.map(({ id }) => id));
      return new Set((Object.keys(KIND_IDS) as ActivityKind[]).filter((one) => ids.has(KIND_IDS[one])));
    },
    async find(key, signal) {
      const { data } = await api.call({
        method: 'GET',
        path: `/${CAMPAIGNS}`,
        query: { 'filter[code]': codeOf(key), 'fields[campaigns]': 'code,description', 'page[size]': 1 },
        headers: { 'x-include': 'noHateoas' },
        signal,
      });
      return data[0] === undefined ? undefined : storedOf(data[0]);
    },
    async create(campaign, signal) {
      const body = { data: { type: CAMPAIGNS, attributes: attributesOf(campaign) } };
      const { data } = await api.call({ method: 'POST', path: `/${CAMPAIGNS}`, body, signal });
      if (data[0] === undefined) throw unexpected(api.integration, 'no campaign after creating one');
      return storedOf(data[0]);
    },
    async describe(id, description, signal) {
      const body = { data: { type: CAMPAIGNS, id, attributes: { description } } };
      await api.call({ method: 'PATCH', path: `/${CAMPAIGNS}/${id}`, body, idempotent: true, signal });
    },
    async record(campaign, activities, signal) {
      const included = activities.map((activity, index) => entityOf(kind, campaign, activity, nameOf(index)));
      const body = { data: { type: CAMPAIGNS, id: campaign }, included };
      try {
        const answer = await api.call({ method: 'PATCH', path: `/${CAMPAIGNS}/${campaign}`, body, signal });
        const ids = new Map(answer.included.map((entity) => [textOf(entity.meta['includeId']), entity.id]));
        const found = activities.map((_, index) => ids.get(nameOf(index)));
        if (found.every((id) => id !== undefined)) return { status: 'applied', ids: found };
        return { status: 'unknown', message: 'OroCRM did not say which activities it recorded.' };
      } catch (error) {
        return outcomeOf(error);
      }
    },
    async recorded(campaign, activities, signal) {
      const times = activities.map(({ at }) => Date.parse(at));
      const query = {
        'filter[campaign]': campaign,
        'filter[actionDate][gte]': stampOf(Math.min(...times)),
        'filter[actionDate][lte]': stampOf(Math.max(...times)),
        [`fields[${ACTIVITIES}]`]: 'actionDate,details,marketingActivityType,entity',
      };
      const found = new Map<string, string[]>();
      for await (const { rows } of listPages(api, ACTIVITIES, query, { signal })) {
        for (const row of rows) {
          const mark = markOfEntity(row);
          found.set(mark, [...(found.get(mark) ?? []), row.id]);
        }
      }
      // Each that was recorded stands for one of those asked for.
      return activities.map((activity) => found.get(markOf(kind, activity))?.shift());
    },
  };
}

/** Whoever is called by the same code twice is refused, so that a campaign is never made twice. */
function codeOf(key: string): string {
  const plain = key.replace(/[^a-zA-Z0-9_-]+/g, '-');
  if (plain === key && key.length <= MOST_CODE_CHARACTERS) return key;
  const digest = createHash('sha256').update(key).digest('hex').slice(0, 10);
  return `${plain.slice(0, MOST_CODE_CHARACTERS - digest.length - 1)}-${digest}`;
}

function attributesOf({ key, name, sentAt, description }: CampaignContent): Readonly<Record<string, unknown>> {
  return {
    code: codeOf(key),
    name: Array.from(name).slice(0, MOST_NAME_CHARACTERS).join(''),
    description,
    ...(sentAt === undefined ? {} : { startDate: sentAt.slice(0, 10) }),
  };
}

function storedOf({ id, attributes }: Entity): StoredCampaign {
  return { id, description: textOf(attributes['description']) };
}

function nameOf(index: number): string {
  return `activity-${index}`;
}

function entityOf(kind: ObjectKind, campaign: string, activity: ActivityRecord, id: string) {
  const one = (type: string, of: string) => ({ data: { type, id: of } });
  return {
    type: ACTIVITIES,
    id,
    attributes: {
      actionDate: stampOf(Date.parse(activity.at)),
      ...(activity.details === '' ? {} : { details: activity.details }),
    },
    relationships: {
      campaign: one(CAMPAIGNS, campaign),
      marketingActivityType: one(TYPES, KIND_IDS[activity.kind]),
      entity: one(kind.collection, activity.record),
    },
  };
}

/** What tells one activity of a campaign from another, as the installation keeps it. */
function markOf(kind: ObjectKind, { kind: of, record, at, details }: ActivityRecord): string {
  return JSON.stringify([KIND_IDS[of], kind.collection, record, stampOf(Date.parse(at)), details.trim()]);
}

function markOfEntity({ attributes, relationships }: Entity): string {
  const [type, entity] = ['marketingActivityType', 'entity'].map((name) => relationships[name] as Identifier | null | undefined);
  const at = readInstant(attributes['actionDate']);
  return JSON.stringify([
    type?.id ?? '',
    entity?.type ?? '',
    entity?.id ?? '',
    at === undefined ? '' : stampOf(Date.parse(at)),
    textOf(attributes['details']),
  ]);
}

/** Whole seconds: that is all that is kept. */
function stampOf(ms: number): string {
  return toInstant(ms).replace(/\.\d+Z$/, 'Z');
}

function outcomeOf(error: unknown): ActivityOutcome {
  if (!(error instanceof ProviderError)) throw error;
  if (error.outcomeUnknown) return { status: 'unknown', message: error.message };
  // What concerns the whole run is not the fault of these activities.
  if (error.status === undefined || error.status < 400 || error.status >= 500 || [401, 403, 429].includes(error.status))
    throw error;
  return { status: 'failed', code: error.code, message: error.message, retryable: error.retryable };
}
