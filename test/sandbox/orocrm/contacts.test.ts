import { describe, expect, test } from 'vitest';
import { Installation, JSON_API, ORIGIN, peopled } from './installation.ts';

describe('contacts', () => {
  test('are created with a location, read, changed and deleted', async () => {
    const oro = new Installation();

    const made = await oro.post('/api/contacts', {
      data: { type: 'contacts', attributes: { firstName: 'Ann', primaryEmail: 'ann@example.com' } },
    });
    const { id } = made.body.data as { id: string };
    const path = `/api/contacts/${id}`;
    const changed = await oro.patch(path, { data: { type: 'contacts', id, attributes: { lastName: 'Lee' } } });

    expect(made).toMatchObject({ status: 201, headers: { 'Content-Type': JSON_API, Location: `${ORIGIN}${path}` } });
    expect(made.body.data.attributes).toMatchObject({
      emails: [{ email: 'ann@example.com' }],
      createdAt: '2026-11-22T05:00:00Z',
    });
    expect(changed).toMatchObject({ status: 200, body: { data: { attributes: { firstName: 'Ann', lastName: 'Lee' } } } });
    expect((await oro.delete(path)).status).toBe(204);
    expect((await oro.get(path)).status).toBe(404);
  });

  test('pages hold ten unless told otherwise, and -1 holds everything', async () => {
    const oro = peopled(60);

    const first = await oro.get('/api/contacts', { 'x-include': 'totalCount' });
    const everything = await oro.get('/api/contacts?page[size]=-1');

    expect(first.body.data).toHaveLength(10);
    expect(first.body.links.next).toBe(`${ORIGIN}/api/contacts?page%5Bnumber%5D=2`);
    expect(first.headers['X-Include-Total-Count']).toBe(String(everything.body.data.length));
  });

  test('without the exact media type the plain format answers', async () => {
    const oro = new Installation();
    await oro.make('contacts', { firstName: 'Ann' });

    const { headers, body } = await oro.get('/api/contacts', { accept: 'application/json' });

    expect(headers['Content-Type']).toBe('application/json');
    expect(body).toMatchObject([{ id: 1, firstName: 'Ann', owner: 1 }]);
  });
});

test('the same seed gives the same installation', () => {
  const [one, other] = [peopled(300), peopled(300)];

  for (const object of ['contacts', 'leads', 'accounts', 'contactgroups', 'marketinglistitems']) {
    expect(one.dump(object).length, object).toBeGreaterThan(0);
    expect(one.dump(object), object).toEqual(other.dump(object));
  }
  expect(one.sandbox.dump('nothing')).toBeUndefined();
});
