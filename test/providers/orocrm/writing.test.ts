import { describe, expect, it } from 'vitest';
import type { WriteRequest } from '../../../src/providers/provider.ts';
import { collect, idOf, noJob, readAll, startInstallation } from './connected.ts';

const PATHS = ['firstName', 'lastName', 'primaryEmail', 'groups'];

const newPeople = (count: number): WriteRequest[] =>
  Array.from({ length: count }, (_, index) => ({
    action: 'create',
    values: { firstName: `New ${index}`, lastName: 'Person', primaryEmail: `new${index}@example.com`, groups: ['Partners'] },
  }));

describe('writing contacts', () => {
  it('makes, changes and deletes hundreds in calls of a hundred, and one in one', async () => {
    const oro = await startInstallation(10);
    const client = await oro.records('contact', PATHS);
    await oro.newCalls();

    const made = await client.write(newPeople(250), noJob);
    const madeCalls = await oro.newCalls();
    const updates = made.map((outcome): WriteRequest => ({
      action: 'update',
      id: idOf(outcome),
      values: { lastName: 'Changed', groups: ['Newsletter'] },
    }));
    const changed = await client.write(updates, noJob);
    const one = await client.write([{ ...updates[0]!, values: { firstName: null } }], noJob);
    const changedCalls = await oro.newCalls();
    const deletes = made.map((outcome): WriteRequest => ({ action: 'delete', id: idOf(outcome), values: {} }));
    const gone = await client.write(deletes, noJob);

    expect(made[7]).toMatchObject({ status: 'applied', created: true, record: { values: newPeople(8)[7]!.values } });
    expect(madeCalls).toEqual({ 'PATCH /api/contacts': client.price.write([{ action: 'create', count: 250, paths: PATHS }]) });
    expect(changed[249]).toMatchObject({ created: false, record: { values: { lastName: 'Changed', groups: ['Newsletter'] } } });
    expect(one).toMatchObject([{ record: { values: { firstName: null } } }]);
    expect(changedCalls).toEqual({ 'PATCH /api/contacts': 3, 'PATCH /api/contacts/*': 1 });
    expect(new Set(gone.map(({ status }) => status))).toEqual(new Set(['applied']));
    expect(await oro.newCalls()).toEqual({ 'DELETE /api/contacts': 3 });
    expect(await collect(client.readByIds(made.map(idOf)))).toEqual([]);
  });

  it('names the records for which a batch was refused, with their fields, and writes the others', async () => {
    const oro = await startInstallation(5);
    const client = await oro.records('contact', ['birthday', ...PATHS]);
    const [kept] = (await readAll(client.read(undefined))).records;
    const requests: WriteRequest[] = [
      ...newPeople(2),
      { action: 'create', values: { birthday: 'the 1st of May', lastName: 'Odd' } },
      { action: 'create', values: { groups: ['No Such Group'] } },
      { action: 'update', id: kept!.id, values: { lastName: 'Fine' } },
      { action: 'update', id: '999999', values: { lastName: 'Nobody' } },
    ];

    const outcomes = await client.write(requests, noJob);

    expect(outcomes.map(({ status }) => status)).toEqual(['applied', 'applied', 'failed', 'failed', 'applied', 'failed']);
    expect(outcomes[2]).toMatchObject({ code: 'PROVIDER_INVALID_VALUE', fields: ['birthday'], retryable: false });
    expect(JSON.stringify(outcomes[2])).not.toContain('1st of May');
    expect(outcomes[3]).toMatchObject({ fields: ['groups'] });
    expect(outcomes[5]).toMatchObject({ code: 'PROVIDER_RECORD_MISSING', gone: true });
  });

  it('keeps the other addresses of a contact when its primary one is written', async () => {
    const oro = await startInstallation(5);
    const client = await oro.records('contact', PATHS);
    const emails = ['a@example.com', 'b@example.com'].map((email) => ({ email }));
    const made = await oro.elsewhere('POST', '/api/contacts', {
      data: { type: 'contacts', attributes: { lastName: 'Two', emails, primaryEmail: 'b@example.com' } },
    });
    const { id } = made['data'] as { id: string };
    await oro.newCalls();

    const outcomes = await client.write([{ action: 'update', id, values: { primaryEmail: 'c@example.com' } }], noJob);
    const calls = await oro.newCalls();
    const known = await oro.records('contact', ['primaryEmail', 'emails']);
    const [record] = await collect(known.readByIds([id]));
    await oro.newCalls();
    const before = record!.values;
    await known.write([{ action: 'update', id, values: { primaryEmail: 'A@example.com' }, before }], noJob);
    const [promoted] = await collect(known.readByIds([id]));
    const cleared = await known.write([{ action: 'update', id, values: { primaryEmail: null }, before }], noJob);

    expect(outcomes).toMatchObject([{ status: 'applied', record: { values: { primaryEmail: 'c@example.com' } } }]);
    expect(Object.values(calls).reduce((sum, count) => sum + count, 0)).toBe(
      client.price.write([{ action: 'update', count: 1, paths: ['primaryEmail'] }]),
    );
    expect(before).toEqual({ primaryEmail: 'c@example.com', emails: ['a@example.com', 'b@example.com', 'c@example.com'] });
    expect(promoted!.values).toEqual({
      primaryEmail: 'A@example.com',
      emails: ['A@example.com', 'b@example.com', 'c@example.com'],
    });
    expect(cleared).toMatchObject([{ status: 'failed', fields: ['primaryEmail'] }]);
  });

  it('makes nobody twice where it has an external id, whether upserts are allowed or not', async () => {
    const oro = await startInstallation(5);
    const client = await oro.records('contact', [...PATHS, 'externalId'], { externalId: 'externalId' });
    const requests = newPeople(3).map((request, index) => ({ ...request, externalId: `person-${index}` }));
    const held = (await oro.dump('contacts')).length;

    const first = await client.write(requests, noJob);
    oro.sandbox.clock.advance(3_600_000);
    const second = await client.write(requests, noJob);
    const alone = await client.write(requests.slice(0, 1), noJob);

    expect(client.writer.createIsUpsert).toBe(true);
    expect(second.map(idOf)).toEqual(first.map(idOf));
    expect(alone.map(idOf)).toEqual(first.slice(0, 1).map(idOf));
    expect(first.map((outcome) => outcome.status === 'applied' && outcome.created)).toEqual([true, true, true]);
    expect(second.map((outcome) => outcome.status === 'applied' && outcome.created)).toEqual([false, false, false]);
    expect(await oro.dump('contacts')).toHaveLength(held + 3);
  });

  it('hands thousands of updates to one operation, and reads back what became of each', async () => {
    const oro = await startInstallation(2_200);
    const client = await oro.records('contact', ['lastName', 'birthday']);
    const { records } = await readAll(client.read(undefined));
    const requests = records.map(({ id }, index): WriteRequest => ({
      action: 'update',
      id,
      values: index === 150 ? { birthday: 'never' } : { lastName: `Name ${index}` },
    }));
    const handles: string[] = [];
    await oro.newCalls();

    const outcomes = await client.write(requests, (handle) => {
      handles.push(handle);
      return Promise.resolve();
    });

    expect(requests.length).toBeGreaterThan(1_000);
    expect(outcomes.filter(({ status }) => status === 'applied')).toHaveLength(requests.length - 1);
    expect(outcomes[150]).toMatchObject({ status: 'failed', fields: ['birthday'] });
    expect(outcomes[3]).toMatchObject({ record: { values: { lastName: 'Name 3' } } });
    expect(handles).toHaveLength(1);
    const calls = await oro.newCalls();
    expect(calls['PATCH /api/contacts']).toBe(1);
    expect(Object.values(calls).reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(
      client.price.write([{ action: 'update', count: requests.length, paths: ['lastName'] }]),
    );
  });

  it('waits for the operation that a batch at once falls back to, and finds what it made', async () => {
    const oro = await startInstallation(40, { syncRecordMs: 3_000 });
    const client = await oro.records('contact', ['firstName', 'lastName', 'primaryEmail']);
    const { records } = await readAll(client.read(undefined));
    const updates = records.slice(0, 10).map(({ id }): WriteRequest => ({ action: 'update', id, values: { lastName: 'Slow' } }));
    const creates = Array.from({ length: 10 }, (_, index): WriteRequest => ({
      action: 'create',
      values: { firstName: `Made ${index}`, primaryEmail: `made${index}@example.com` },
    }));
    const handles: string[] = [];

    const outcomes = await client.write([...updates, ...creates], async (handle) => void handles.push(handle));

    expect(handles.length).toBeGreaterThan(0);
    expect(outcomes.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 'applied'));
    expect(outcomes[3]).toMatchObject({ created: false, record: { values: { lastName: 'Slow' } } });
    expect(outcomes[13]).toMatchObject({ created: true, record: { values: { primaryEmail: 'made3@example.com' } } });
    expect((await oro.dump('contacts')).filter(({ firstName }) => String(firstName).startsWith('Made'))).toHaveLength(10);
  });

  it('makes leads, which need a name', async () => {
    const oro = await startInstallation(10);
    const client = await oro.records('lead', ['name', 'primaryEmail', 'owner']);

    const outcomes = await client.write(
      [
        { action: 'create', values: { name: 'Offer', primaryEmail: 'lead@example.com', owner: '1' } },
        { action: 'create', values: { primaryEmail: 'other@example.com' } },
      ],
      noJob,
    );

    expect(outcomes[0]).toMatchObject({ status: 'applied', record: { values: { name: 'Offer', owner: '1' } } });
    expect(outcomes[1]).toMatchObject({ status: 'failed', fields: ['name'] });
  });
});
