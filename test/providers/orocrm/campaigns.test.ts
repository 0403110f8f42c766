import { describe, expect, it } from 'vitest';
import type { ActivityRecord } from '../../../src/providers/campaigns.ts';
import { startInstallation } from './connected.ts';

const OPENED: ActivityRecord = { kind: 'opened', record: '1', at: '2026-11-20T10:00:00.400Z', details: '' };

describe('C12 campaigns in OroCRM', () => {
  it('makes a campaign once, records activities on it in one call, and finds them again', async () => {
    const oro = await startInstallation(3);
    const destination = oro.connect().campaignDestination!('contact');
    const content = {
      key: 'mail/Newsletter 1',
      name: 'N'.repeat(120),
      sentAt: '2026-10-13T05:00:00.000Z',
      description: 'Sent to 12.',
    };
    const activities: ActivityRecord[] = [
      { ...OPENED, kind: 'sent' },
      OPENED,
      OPENED,
      { ...OPENED, kind: 'clicked', details: 'https://www.example.com/offer' },
    ];

    expect(await destination.find(content.key)).toBeUndefined();
    const { id } = await destination.create(content);
    await oro.newCalls();
    const outcome = await destination.record(id, activities);

    expect(outcome).toEqual({ status: 'applied', ids: ['1', '2', '3', '4'] });
    expect(await oro.newCalls()).toEqual({ 'PATCH /api/campaigns/*': 1 });
    expect(await destination.find(content.key)).toEqual({ id, description: 'Sent to 12.' });
    expect(await destination.recorded(id, [...activities, OPENED])).toEqual(['1', '2', '3', '4', undefined]);
    expect(await destination.recorded(id, [{ ...OPENED, record: '2' }])).toEqual([undefined]);
    expect(await oro.dump('campaigns')).toMatchObject([{ startDate: '2026-10-13', name: 'N'.repeat(100) }]);
    await expect(destination.create(content)).rejects.toMatchObject({ code: 'PROVIDER_REFUSED' });
  });

  it('records all of a call or nothing, and says when nobody knows', async () => {
    const oro = await startInstallation(3);
    const destination = oro.connect().campaignDestination!('contact');
    const { id } = await destination.create({ key: 'one', name: 'One', sentAt: undefined, description: '' });

    const refused = await destination.record(id, [OPENED, { ...OPENED, record: '999' }]);
    await oro.control('faults', [{ match: { method: 'PATCH', path: '/api/campaigns/*' }, kind: 'lost-response', times: 1 }]);
    const lost = await destination.record(id, [OPENED]);

    expect(refused).toMatchObject({ status: 'failed', retryable: false });
    expect(lost).toMatchObject({ status: 'unknown' });
    expect(await destination.recorded(id, [OPENED, OPENED])).toEqual([expect.any(String), undefined]);
    expect(await destination.kinds()).toEqual(
      new Set(['sent', 'opened', 'clicked', 'soft-bounced', 'hard-bounced', 'unsubscribed']),
    );
  });
});
