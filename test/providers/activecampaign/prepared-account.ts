import { expect } from 'vitest';
import type { WriteOutcome, WriteRequest } from '../../../src/providers/provider.ts';
import { startAccount } from './connected.ts';
import type { StubAccount } from './stub-account.ts';

/** Fields of every sort that the prepared account has. */
export const PATHS = [
  'email',
  'firstName',
  'field/Job Title',
  'field/VIP',
  'field/Birthday',
  'field/Colours',
  'tag/synced',
  'tag/vip',
  'list/Newsletter',
];
export const noJob = (): Promise<void> => Promise.resolve();

export interface Prepared extends StubAccount {
  readonly title: number;
  readonly vip: number;
  readonly tag: number;
  readonly vipTag: number;
  readonly list: number;
}

/** An empty account with fields, tags and a list to map. */
export async function prepared(): Promise<Prepared> {
  const account = await startAccount();
  const title = account.addField('Job Title', 'text').id;
  const vip = account.addField('VIP', 'checkbox', ['true']).id;
  account.addField('Birthday', 'date');
  account.addField('Colours', 'listbox', ['red', 'blue']);
  return Object.assign(account, {
    title,
    vip,
    tag: account.addTag('synced'),
    vipTag: account.addTag('vip'),
    list: account.addList('Newsletter'),
  });
}

/** The outcome, which has to be `applied`. */
export function applied(outcome: WriteOutcome | undefined): Extract<WriteOutcome, { status: 'applied' }> {
  expect(outcome?.status).toBe('applied');
  return outcome as Extract<WriteOutcome, { status: 'applied' }>;
}

export const create = (email: string, values: WriteRequest['values'] = {}): WriteRequest => ({
  action: 'create',
  values: { email, ...values },
});
