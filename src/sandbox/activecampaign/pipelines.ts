import { accountTime } from './account-time.ts';
import { created, missingAttribute, noResult, ok, type Answer } from './answers.ts';
import { cardRegions, dealGroupForm, dealGroupLinks, dealStageForm } from './deal-form.ts';
import { linksTo, route, type Exchange, type Route } from './exchange.ts';
import { flagOf, idOf, integerOf, objectAt, textOf, type JsonObject } from './json.ts';
import { pageOf } from './paging.ts';
import type { DealGroupRow, DealStageRow } from './rows.ts';
import { STAGE_DEFAULTS, type Store } from './store.ts';

const NEW_STAGE_COLOR = '3f3f3f';

function stagesOf(store: Store, group: number): DealStageRow[] {
  return store.dealStages.rows.filter((row) => row.group === group);
}

function ids(rows: readonly { id: number }[]): string[] {
  return rows.map(({ id }) => String(id));
}

function listedGroupForm({ store, api }: Exchange, row: DealGroupRow): JsonObject {
  const count = String(store.deals.rows.filter((deal) => deal.group === row.id).length);
  return dealGroupForm(row, api, { count, stages: ids(stagesOf(store, row.id)) });
}

function listGroups(exchange: Exchange): Answer {
  const { store, api } = exchange;
  const page = pageOf(exchange, store.dealGroups.rows);
  return ok({
    dealStages: page.flatMap(({ id }) => stagesOf(store, id)).map((row) => dealStageForm(row, api)),
    dealGroups: page.map((row) => listedGroupForm(exchange, row)),
    meta: { total: store.dealGroups.rows.length },
  });
}

function createGroup(exchange: Exchange): Answer {
  const { store, now, api } = exchange;
  const body = objectAt(exchange.body, 'dealGroup');
  for (const attribute of ['title', 'currency']) {
    if (textOf(body[attribute]) === '') return missingAttribute(attribute);
  }
  const row = store.addPipeline(textOf(body['title']), textOf(body['currency']).toLowerCase(), now);
  applyGroup(row, body);
  const stages = stagesOf(store, row.id);
  return created({
    ...assignmentsOf(row, body, api).sides,
    dealStages: stages.map((stage) => dealStageForm(stage, api)),
    dealGroup: {
      title: row.title,
      currency: row.currency,
      source: '',
      cdate: accountTime(now),
      udate: accountTime(now),
      autoassign: row.autoassign,
      links: dealGroupLinks(api, row.id),
      stages: ids(stages),
      id: String(row.id),
    },
  });
}

const GROUP_FLAGS = ['autoassign', 'allusers', 'allgroups'] as const;

function numbers(value: unknown): number[] {
  return Array.isArray(value) ? value.map(idOf) : [];
}

function applyGroup(row: DealGroupRow, body: JsonObject): void {
  if ('title' in body) row.title = textOf(body['title']);
  if ('currency' in body) row.currency = textOf(body['currency']).toLowerCase();
  for (const flag of GROUP_FLAGS) {
    if (flag in body) row[flag] = flagOf(body[flag]);
  }
  if ('users' in body) row.users = numbers(body['users']);
  if ('groups' in body) row.groups = numbers(body['groups']);
}

/** Users and groups that a body gave the pipeline to, beside it and as its columns. Each such link has an id of its own. */
function assignmentsOf(row: DealGroupRow, body: JsonObject, api: string): { sides: JsonObject; columns: JsonObject } {
  const sides: JsonObject = {};
  const columns: JsonObject = {};
  if ('users' in body) {
    const rows = row.users.map((user) => {
      const id = String(row.id * 100 + user);
      return {
        dealGroup: String(row.id),
        user: String(user),
        cdate: null,
        links: linksTo(api, `dealGroupUsers/${id}`, ['dealGroup', 'user']),
        id,
      };
    });
    sides['dealGroupUsers'] = rows;
    columns['dealGroupUsers'] = rows.map(({ id }) => id);
  }
  if ('groups' in body) {
    const rows = row.groups.map((group) => {
      const id = String(row.id * 100 + group);
      return {
        d_groupid: String(row.id),
        groupid: String(group),
        cdate: null,
        links: linksTo(api, `dealGroupGroups/${id}`, ['dealGroup', 'group']),
        id,
        dealGroup: String(row.id),
        group: String(group),
      };
    });
    sides['dealGroupGroups'] = rows;
    columns['dealGroupGroups'] = rows.map(({ id }) => id);
  }
  return { sides, columns };
}

function onGroup({ store, parameters }: Exchange, answer: (row: DealGroupRow) => Answer): Answer {
  const id = idOf(parameters[0]);
  const row = store.dealGroups.get(id);
  return row === undefined ? noResult('DealGroup', id) : answer(row);
}

function updateGroup(exchange: Exchange): Answer {
  const { now, api } = exchange;
  return onGroup(exchange, (row) => {
    const body = objectAt(exchange.body, 'dealGroup');
    applyGroup(row, body);
    row.updated = now;
    const { sides, columns } = assignmentsOf(row, body, api);
    const { id, source: _source, ...form } = dealGroupForm(row, api);
    for (const flag of GROUP_FLAGS) {
      if (flag in body) form[flag] = body[flag];
    }
    return ok({ ...sides, dealGroup: { ...form, ...columns, id } });
  });
}

function deleteGroup(exchange: Exchange): Answer {
  const { store } = exchange;
  return onGroup(exchange, (row) => {
    store.dealStages.remove(stagesOf(store, row.id));
    store.dealGroups.remove([row]);
    return ok({});
  });
}

function listStages(exchange: Exchange): Answer {
  const { store, query, api } = exchange;
  const group = query.filter('d_groupid') ?? query.filter('group');
  const title = query.filter('title');
  const rows = store.dealStages.rows.filter(
    (row) => (group === undefined || row.group === idOf(group)) && (title === undefined || row.title === title),
  );
  return ok({ dealStages: pageOf(exchange, rows).map((row) => dealStageForm(row, api)), meta: { total: rows.length } });
}

const CARD_REGIONS = ['cardRegion1', 'cardRegion2', 'cardRegion3', 'cardRegion4', 'cardRegion5'] as const;

function applyStage(row: DealStageRow, body: JsonObject): void {
  if ('title' in body) row.title = textOf(body['title']);
  if ('color' in body) row.color = textOf(body['color']);
  if ('order' in body) row.order = integerOf(body['order'], row.order);
  if ('width' in body) row.width = integerOf(body['width'], row.width);
  if ('dealOrder' in body) row.dealOrder = textOf(body['dealOrder']);
  row.cardRegions = CARD_REGIONS.map((key, index) => (key in body ? textOf(body[key]) : (row.cardRegions[index] ?? '')));
}

function createStage({ store, body, now, api }: Exchange): Answer {
  const sent = objectAt(body, 'dealStage');
  for (const attribute of ['title', 'group']) {
    if (textOf(sent[attribute]) === '') return missingAttribute(attribute);
  }
  const group = store.dealGroups.get(idOf(sent['group']));
  if (group === undefined) return noResult('DealGroup', idOf(sent['group']));
  const row = store.dealStages.insert({
    id: store.dealStages.nextId(),
    group: group.id,
    title: textOf(sent['title']),
    color: NEW_STAGE_COLOR,
    order: stagesOf(store, group.id).length,
    ...STAGE_DEFAULTS,
    created: now,
    updated: now,
  });
  applyStage(row, sent);
  group.updated = now;
  return created({
    dealGroups: [dealGroupForm(group, api)],
    dealStage: {
      title: row.title,
      group: sent['group'],
      cdate: accountTime(now),
      udate: accountTime(now),
      width: row.width,
      dealOrder: row.dealOrder,
      ...cardRegions(row),
      color: row.color,
      order: row.order,
      links: linksTo(api, `dealStages/${row.id}`, ['group']),
      id: String(row.id),
    },
  });
}

function onStage({ store, parameters }: Exchange, answer: (row: DealStageRow) => Answer): Answer {
  const id = idOf(parameters[0]);
  const row = store.dealStages.get(id);
  return row === undefined ? noResult('DealStage', id) : answer(row);
}

function updateStage(exchange: Exchange): Answer {
  return onStage(exchange, (row) => {
    const body = objectAt(exchange.body, 'dealStage');
    if ('group' in body) {
      const group = idOf(body['group']);
      if (exchange.store.dealGroups.get(group) === undefined) return noResult('DealGroup', group);
      row.group = group;
    }
    applyStage(row, body);
    row.updated = exchange.now;
    const form = dealStageForm(row, exchange.api);
    for (const key of ['order', 'width'] as const) {
      if (key in body) form[key] = body[key];
    }
    return ok({ dealStage: form });
  });
}

export const pipelineRoutes: readonly Route[] = [
  ...route('GET', 'dealGroups', listGroups),
  ...route('POST', 'dealGroups', createGroup),
  ...route('GET', 'dealGroups/*', (exchange) =>
    onGroup(exchange, (row) =>
      ok({
        dealStages: stagesOf(exchange.store, row.id).map((stage) => dealStageForm(stage, exchange.api)),
        dealGroup: listedGroupForm(exchange, row),
      }),
    ),
  ),
  ...route('PUT PATCH', 'dealGroups/*', updateGroup),
  ...route('DELETE', 'dealGroups/*', deleteGroup),
  ...route('GET', 'dealStages', listStages),
  ...route('POST', 'dealStages', createStage),
  ...route('GET', 'dealStages/*', (exchange) => onStage(exchange, (row) => ok({ dealStage: dealStageForm(row, exchange.api) }))),
  ...route('PUT PATCH', 'dealStages/*', updateStage),
  ...route('DELETE', 'dealStages/*', (exchange) =>
    onStage(exchange, (row) => {
      exchange.store.dealStages.remove([row]);
      return ok({});
    }),
  ),
];
