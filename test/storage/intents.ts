import type { Intent, IntentPlace } from '../../src/storage/intents.ts';

export const PLACE: IntentPlace = { integration: 'activecampaign', object: 'contact', at: '2026-01-01T00:00:00.000Z' };

/** An update of one person's phone that is about to be sent. */
export function intentOf(person: string, overrides: Partial<Intent> = {}): Omit<Intent, 'id' | 'job' | 'at'> {
  return {
    end: 'ac',
    action: 'update',
    person,
    remoteId: person,
    externalId: undefined,
    values: { phone: '1' },
    decided: {
      journal: {
        generation: 3,
        fields: { phone: { field: 'Phone', reason: 'changed', origin: 'sf' } },
        before: { phone: '0' },
        reason: 'changed',
      },
      subject: `person:${person}`,
      key: `${person}@example.com`,
      staged: [{ end: 'sf', remoteId: `sf-${person}` }],
      source: {
        remoteId: `sf-${person}`,
        fields: new Map([['0a0b0c0d', Buffer.alloc(8, 1)]]),
        elements: new Map([['0a0b0c0d', [Buffer.alloc(8, 2)]]]),
      },
    },
    ...overrides,
  };
}
