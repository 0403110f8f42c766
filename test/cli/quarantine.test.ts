import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jsonLines, Rehearsal, type Loose } from './harness.ts';
import { ActiveCampaignAccount } from './vendor-accounts.ts';

let rehearsal: Rehearsal;

beforeEach(async () => {
  rehearsal = await Rehearsal.start({ people: 5 });
  expect((await rehearsal.syncline('apply', '-y')).code).toBe(0);
  // Salesforce takes last names of 80 characters at most.
  await new ActiveCampaignAccount(rehearsal).create({ email: 'long@example.com', lastName: 'x'.repeat(200) });
  expect((await rehearsal.syncline('sync')).code).toBe(3);
});

afterEach(() => rehearsal.close());

async function listed(...argv: readonly string[]): Promise<Loose[]> {
  return JSON.parse((await rehearsal.syncline('quarantine', 'list', '--json', ...argv)).stdout).records;
}

describe('E16 quarantine on the command line', () => {
  it('tries a record again when told to, and gives it up when told to', async () => {
    expect(await listed()).toMatchObject([{ link: 'Link/contacts', key: 'l***@e***.com', attempts: 1 }]);
    expect((await rehearsal.syncline('sync')).code).toBe(0);

    const retried = await rehearsal.syncline('quarantine', 'retry', 'Link/contacts', 'Long@example.com');
    expect(retried).toMatchObject({
      code: 0,
      stdout: 'Link/contacts: 1 record due now.\nTo try them at once:\n  syncline sync\n',
    });
    expect((await rehearsal.syncline('sync')).code).toBe(3);
    // A pause does not hide what waits.
    expect((await rehearsal.syncline('pause', 'Link/contacts')).code).toBe(0);
    expect(await listed()).toMatchObject([{ key: 'l***@e***.com' }]);

    const dropped = await rehearsal.syncline('quarantine', 'drop', 'Link/contacts', 'long@example.com', '--json');
    expect(jsonLines(dropped)).toEqual([{ type: 'quarantine_drop', links: [{ link: 'Link/contacts', records: 1 }] }]);
    expect(await listed()).toEqual([]);
    expect((await rehearsal.syncline('quarantine', 'retry')).stdout).toBe('Nothing is in quarantine.\n');

    const log = await rehearsal.syncline('audit', 'log', '--json');
    const events = jsonLines(log).filter((event) => event.type.startsWith('quarantine'));
    expect(events.map(({ type, link, records }) => [type, link, records])).toEqual([
      ['quarantine_dropped', 'Link/contacts', 1],
      ['quarantine_retried', 'Link/contacts', 1],
    ]);
    expect(log.stdout).not.toContain('long@example.com');
  });

  it('E8 why says of a record without a partner that it waits, since when and why', async () => {
    const { id } = await new ActiveCampaignAccount(rehearsal).find('long@example.com');
    const [waiting] = await listed();

    for (const key of [['Long@example.com'], [id, '--end', 'ac'], [`#${id}`]]) {
      const outcome = await rehearsal.syncline('why', 'Link/contacts', ...key);
      expect(outcome, key.join(' ')).toMatchObject({ code: 0, stderr: '' });
      expect(outcome.stdout).toContain(`sf quarantined since ${waiting!.since}: ${waiting!.reason}`);
      expect(outcome.stdout).toContain('\n  syncline quarantine list Link/contacts\n');
      expect(outcome.stdout).not.toContain('long@example.com');
    }
    const json = jsonLines(await rehearsal.syncline('why', 'Link/contacts', 'long@example.com', '--json'));
    expect(json).toMatchObject([
      { records: [], fields: [], waits: [{ end: 'sf', status: 'quarantined', since: waiting!.since }] },
    ]);
    for (const key of [['somebody@example.com'], [id, '--end', 'sf']])
      expect((await rehearsal.syncline('why', 'Link/contacts', ...key)).stderr).toContain('LEDGER_UNKNOWN_PERSON');
  });

  it('refuses a key under which nothing waits, without repeating it', async () => {
    const outcome = await rehearsal.syncline('quarantine', 'drop', 'Link/contacts', 'somebody@example.com');

    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain('QUARANTINE_UNKNOWN_KEY');
    expect(outcome.stderr).not.toContain('somebody@example.com');
    expect(await listed()).toHaveLength(1);
  });
});
