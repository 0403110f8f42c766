import { describe, expect, test } from 'vitest';
import type { Address } from '../../src/model/address.ts';
import type { Attributes, ResourceChange } from '../../src/model/plan.ts';
import { emptyState, type StateResource } from '../../src/model/state.ts';
import type { ResourceAttributes, ResourceClient, ResourceObject, ResourceType } from '../../src/providers/provider.ts';
import type { DesiredResource } from '../../src/resources/desired.ts';
import { diffRemoved, diffResource, diffSpecifications } from '../../src/resources/diff.ts';
import { execute, type ExecuteOptions } from '../../src/resources/execute.ts';
import { listObjects, type RemoteObjects } from '../../src/resources/refresh.ts';

const TYPE: ResourceType = {
  type: 'vendor/thing',
  replaceOn: ['kind'],
  computed: ['code'],
  sensitive: [],
  create: true,
  update: true,
  delete: true,
  holdsData: false,
  key: (attributes) => String(attributes['name']),
  normalize: (attributes) => attributes,
  validate: () => [],
  steps: (attributes) => [`Make ${String(attributes['name'])} by hand.`],
};

function desired(name: string, attributes: ResourceAttributes = {}, overrides: Partial<DesiredResource> = {}): DesiredResource {
  return {
    address: `Resource/${name}`,
    integration: 'vendor',
    type: TYPE,
    mode: 'managed',
    adopt: false,
    preventDestroy: false,
    allowReplace: false,
    attributes: { name, ...attributes },
    dependsOn: [],
    ...overrides,
  };
}

function stored(name: string, attributes: ResourceAttributes = {}, overrides: Partial<StateResource> = {}): StateResource {
  return {
    type: TYPE.type,
    integration: 'vendor',
    mode: 'managed',
    id: `id-${name}`,
    attributes: { name, ...attributes },
    computed: {},
    created_by_syncline: true,
    prevent_destroy: false,
    depends_on: [],
    applied_at: '2026-01-01T00:00:00.000Z',
    ...overrides,
  };
}

function remote(...objects: readonly ResourceObject[]): RemoteObjects {
  return {
    byId: (id) => objects.find((object) => object.id === id),
    byKey: (key) => objects.find((object) => TYPE.key(object.attributes) === key),
  };
}

const object = (name: string, attributes: ResourceAttributes = {}): ResourceObject => ({
  id: `id-${name}`,
  attributes: { name, ...attributes },
});

describe('E2 the difference of configuration: desired × state × remote', () => {
  test.each([
    ['is created where neither state nor remote know it', undefined, remote(), 'create', 'not_in_state'],
    ['is left alone where everything agrees', stored('a', { size: 1 }), remote(object('a', { size: 1 })), 'no-op', null],
    [
      'is updated where an attribute differs',
      stored('a', { size: 2 }),
      remote(object('a', { size: 2 })),
      'update',
      'configuration_changed',
    ],
    ['is created again where it is gone', stored('a', { size: 1 }), remote(), 'create', 'gone_from_remote'],
    [
      'is completed where an earlier create was interrupted',
      stored('a', { size: 1 }, { id: null, pending: { action: 'create', since: '', run: '' } }),
      remote(object('a')),
      'create',
      'interrupted',
    ],
  ] as const)('%s', (_title, before, objects, action, reason) => {
    const { change } = diffResource(desired('a', { size: 1 }), before, objects);
    expect(change).toMatchObject({ action, reason });
  });

  test('an attribute that cannot change asks for a new object and names itself', () => {
    const { change } = diffResource(
      desired('a', { kind: 'text' }),
      stored('a', { kind: 'date' }),
      remote(object('a', { kind: 'date' })),
    );
    expect(change).toMatchObject({ action: 'replace', replacePaths: ['kind'], afterUnknown: ['code'] });
  });

  test('drift is told apart from a change, and what a listing does not show is no drift', () => {
    const { change, drift } = diffResource(
      desired('a', { size: 1, note: 'x' }),
      stored('a', { size: 1, note: 'x' }),
      remote(object('a', { size: 9 })),
    );
    expect(change).toMatchObject({ action: 'update', before: { size: 9, note: 'x' }, after: { size: 1, note: 'x' } });
    expect(drift).toMatchObject({ before: { size: 1 }, after: { size: 9 }, reason: 'changed_outside' });
  });

  test('attributes that are not declared are never compared', () => {
    const { change } = diffResource(desired('a'), stored('a'), remote(object('a', { colour: 'red' })));
    expect(change.action).toBe('no-op');
  });

  test('an object that exists and is not ours is an error, unless it is adopted', () => {
    expect(diffResource(desired('a'), undefined, remote(object('a'))).diagnostic).toMatchObject({ code: 'RESOURCE_EXISTS' });
    expect(diffResource(desired('a', {}, { adopt: true }), undefined, remote(object('a'))).change).toMatchObject({
      action: 'import',
      id: 'id-a',
    });
  });

  test('an expected object is never counted as to add: its steps are shown while it is missing', () => {
    const missing = diffResource(desired('a', {}, { mode: 'expected' }), undefined, remote());
    expect(missing.change).toMatchObject({ action: 'read', steps: ['Make a by hand.'] });
    const present = diffResource(desired('a', {}, { mode: 'expected' }), undefined, remote(object('a')));
    expect(present.change).toMatchObject({ action: 'no-op', id: 'id-a' });
  });

  test('what left the configuration is destroyed, or forgotten where it holds data or was adopted', () => {
    expect(diffRemoved('Resource/a', stored('a'), TYPE).change.action).toBe('delete');
    expect(diffRemoved('Resource/a', stored('a'), { ...TYPE, holdsData: true }).change.action).toBe('forget');
    expect(diffRemoved('Resource/a', stored('a', {}, { created_by_syncline: false }), TYPE).change.action).toBe('forget');
    expect(diffRemoved('Resource/a', stored('a', {}, { prevent_destroy: true }), TYPE).diagnostic).toMatchObject({
      code: 'RESOURCE_PREVENT_DESTROY',
    });
  });

  test('specifications are compared by digest', () => {
    const state = {
      ...emptyState({ synclineVersion: '0', lineage: 'l', stack: 's' }),
      specifications: {
        'Link/same': { kind: 'Link', generation: 1, digest: 'd1', specification: {}, applied_at: '' },
        'Link/gone': { kind: 'Link', generation: 1, digest: 'd2', specification: {}, applied_at: '' },
      },
    };
    const wanted = [
      { address: 'Link/same' as Address, kind: 'Link', specification: {}, digest: 'd1', dependsOn: [] },
      { address: 'Link/new' as Address, kind: 'Link', specification: {}, digest: 'd3', dependsOn: [] },
    ];
    expect(diffSpecifications(wanted, state).map(({ address, action }) => [address, action])).toEqual([
      ['Link/same', 'no-op'],
      ['Link/new', 'create'],
      ['Link/gone', 'delete'],
    ]);
  });
});

/** A vendor in memory that records its calls and can be told to die at one of them. */
function vendor(existing: readonly string[] = []) {
  const objects = new Map(existing.map((name) => [`id-${name}`, { name } as Attributes]));
  const calls: string[] = [];
  let dieAt = Number.POSITIVE_INFINITY;
  const step = (what: string): void => {
    calls.push(what);
    if (calls.length === dieAt) throw new Error('killed');
  };
  const client: ResourceClient = {
    async *list() {
      yield [...objects].map(([id, attributes]) => ({ id, attributes }));
    },
    read: async (id) => (objects.has(id) ? { id, attributes: objects.get(id)! } : undefined),
    find: async (attributes) => {
      const id = `id-${String(attributes['name'])}`;
      return objects.has(id) ? { id, attributes: objects.get(id)! } : undefined;
    },
    async create(attributes) {
      const id = `id-${String(attributes['name'])}`;
      if (objects.has(id)) throw new Error(`duplicate ${id}`);
      objects.set(id, attributes);
      step(`create ${id}`);
      return { id, attributes };
    },
    async update(id, _before, attributes) {
      objects.set(id, attributes);
      step(`update ${id}`);
      return { id, attributes };
    },
    async delete(id) {
      objects.delete(id);
      step(`delete ${id}`);
    },
  };
  return { objects, calls, client, dieAtCall: (n: number) => (dieAt = calls.length + n) };
}

function options(
  wanted: readonly DesiredResource[],
  client: ResourceClient,
  state: Map<Address, StateResource>,
  order: string[] = [],
): ExecuteOptions {
  return {
    parallelism: 2,
    run: 'run',
    now: () => '2026-01-01T00:00:00.000Z',
    client: () => client,
    desired: new Map(wanted.map((resource) => [resource.address, resource])),
    stored: (address) => state.get(address),
    checkpoint: async (address, resource) => void (resource === undefined ? state.delete(address) : state.set(address, resource)),
    onStart: (change) => order.push(`start ${change.address}`),
    onComplete: (change) => order.push(`done ${change.address}`),
    onError: (change) => order.push(`failed ${change.address}`),
  };
}

async function plan(
  wanted: readonly DesiredResource[],
  client: ResourceClient,
  state: Map<Address, StateResource>,
): Promise<ResourceChange[]> {
  const objects = await listObjects(TYPE, client);
  return wanted
    .map((resource) => diffResource(resource, state.get(resource.address), objects).change)
    .filter((change) => change.action !== 'no-op');
}

describe('E4 carrying out resource changes', () => {
  test('follows dependencies, and what depends on a failure is not tried', async () => {
    const there = vendor();
    const wanted = [
      desired('c', {}, { dependsOn: ['Resource/b'] }),
      desired('b', {}, { dependsOn: ['Resource/a'] }),
      desired('a'),
      desired('z'),
    ];
    const order: string[] = [];
    const refusing: ResourceClient = {
      ...there.client,
      create: async (attributes) => {
        if (attributes['name'] === 'b') throw new Error('refused');
        return there.client.create(attributes);
      },
    };
    const state = new Map<Address, StateResource>();
    await expect(execute(await plan(wanted, there.client, state), options(wanted, refusing, state, order))).rejects.toThrow(
      'refused',
    );
    expect(order).toEqual(expect.arrayContaining(['done Resource/a', 'done Resource/z', 'failed Resource/b']));
    expect(order.join(' ')).not.toContain('Resource/c');
    expect([...there.objects.keys()].toSorted()).toEqual(['id-a', 'id-z']);
  });

  test('killed at any call, the next apply ends where an unbroken one would have, without a duplicate', async () => {
    for (let at = 1; at <= 4; at += 1) {
      const there = vendor();
      const wanted = [desired('a'), desired('b', {}, { dependsOn: ['Resource/a'] }), desired('c')];
      const state = new Map<Address, StateResource>();
      there.dieAtCall(at);
      await execute(await plan(wanted, there.client, state), options(wanted, there.client, state)).catch(() => undefined);
      there.dieAtCall(Number.POSITIVE_INFINITY);
      await execute(await plan(wanted, there.client, state), options(wanted, there.client, state));
      expect([...there.objects.keys()].toSorted()).toEqual(['id-a', 'id-b', 'id-c']);
      expect([...state.values()].every((resource) => resource.pending === undefined && resource.id !== null)).toBe(true);
      expect(await plan(wanted, there.client, state)).toEqual([]);
    }
  });

  test('removal runs the other way round', async () => {
    const there = vendor(['a', 'b']);
    const state = new Map<Address, StateResource>([
      ['Resource/a', stored('a')],
      ['Resource/b', stored('b', {}, { depends_on: ['Resource/a'] })],
    ]);
    const changes = [...state].map(([address, resource]) => diffRemoved(address, resource, TYPE).change);
    await execute(changes, options([], there.client, state));
    expect(there.calls).toEqual(['delete id-b', 'delete id-a']);
    expect(state.size).toBe(0);
  });
});
