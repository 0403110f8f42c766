import { emptyState, type State, type StateResource } from '../../src/model/state.ts';

export const LINEAGE = '3f0b7f52-3e4e-4b8a-9d6e-6f0a4f1f7a11';
export const OTHER_LINEAGE = '9a1c2b3d-4e5f-4a6b-8c7d-0e1f2a3b4c5d';

export function newState(stack = 'sandbox', lineage = LINEAGE): State {
  return emptyState({ synclineVersion: '0.1.0', lineage, stack });
}

export function resource(changes: Partial<StateResource> = {}): StateResource {
  return {
    type: 'activecampaign/field',
    integration: 'activecampaign',
    mode: 'managed',
    id: '17',
    attributes: { title: 'Job Title', type: 'text' },
    computed: { perstag: 'JOB_TITLE' },
    created_by_syncline: true,
    prevent_destroy: false,
    depends_on: [],
    applied_at: '2026-01-31T09:15:00.000Z',
    ...changes,
  };
}

export function withResource(state: State, address: `${string}/${string}`, changes: Partial<StateResource> = {}): State {
  return { ...state, resources: { ...state.resources, [address]: resource(changes) } };
}

/** A state that uses every field of the format. */
export function fullState(): State {
  return {
    ...newState(),
    accounts: {
      salesforce: { id: '00D000000000001EAA', label: 'Example Inc.' },
      activecampaign: { id: 'example', label: 'Example' },
    },
    resources: {
      'Resource/ac-job-title': resource(),
      'Resource/ac-city': resource({
        id: null,
        depends_on: ['Resource/ac-job-title'],
        pending: { action: 'create', since: '2026-01-31T09:15:00.000Z', run: 'run-1' },
      }),
      'Resource/ac-newsletter': resource({
        type: 'activecampaign/list',
        mode: 'expected',
        id: '3',
        created_by_syncline: false,
        prevent_destroy: true,
      }),
    },
    specifications: {
      'Link/contacts': {
        kind: 'Link',
        generation: 2,
        digest: 'a'.repeat(64),
        specification: { mapping: 'person', ends: { sf: { object: 'Contact' }, ac: { object: 'contact' } } },
        applied_at: '2026-01-31T09:15:00.000Z',
        paused: { since: '2026-01-31T10:00:00.000Z', by: 'anna@desk' },
      },
    },
    guards: { 'Link/retired': { deletes: 10, optIns: 0 } },
  };
}
