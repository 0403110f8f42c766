import Database from 'better-sqlite3';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { nodeFileSystem, OPEN, type FileSystem } from '../../src/storage/file-system.ts';
import { disagreements, duplicates, populationOf } from './agreement.ts';
import { Rehearsal, type Outcome } from './harness.ts';
import { SalesforceAccount } from './vendor-accounts.ts';

// oxlint-disable-next-line typescript/unbound-method -- called on a database below
const pragma = Database.prototype.pragma;

/** SQLite itself refuses: no page more than the file of the ledger has. */
async function withFullLedgerDisk(work: () => Promise<Outcome>): Promise<Outcome> {
  const full = vi.spyOn(Database.prototype, 'pragma').mockImplementation(function (this: Database.Database, ...given) {
    if (this.name.endsWith('ledger.sqlite')) pragma.call(this, 'max_page_count = 1');
    return pragma.apply(this, given);
  });
  try {
    return await work();
  } finally {
    full.mockRestore();
  }
}

let rehearsal: Rehearsal;
let salesforce: SalesforceAccount;

beforeAll(async () => {
  rehearsal = await Rehearsal.start({ people: 6 });
  salesforce = new SalesforceAccount(rehearsal);
});

afterAll(() => rehearsal.close());

/** A disk on which no more than so many files can be written. */
function disk(writes: number): FileSystem {
  let left = writes;
  return {
    ...nodeFileSystem,
    open(path, flags, mode) {
      const file = nodeFileSystem.open(path, flags, mode);
      if (flags === OPEN.read) return file;
      return {
        ...file,
        write(bytes) {
          left -= 1;
          if (left < 0)
            throw Object.assign(new Error('ENOSPC: no space left on device, write'), {
              code: 'ENOSPC',
              syscall: 'write',
            });
          file.write(bytes);
        },
      };
    },
  };
}

function expectFull({ code, stderr }: Outcome, name: string): void {
  expect(code, stderr).toBe(1);
  expect(stderr).toContain('no space is left on the device');
  expect(stderr).toContain(name);
  expect(stderr).not.toMatch(/\n\s+at |This is a bug/);
}

describe('E4 a full disk', () => {
  it('ends an apply wherever it runs out, and the next one finishes it, making nothing twice', async () => {
    for (const writes of [1, 5]) {
      const full = await rehearsal.synclineIn({ machine: { fileSystem: disk(writes) } }, 'apply', '-y');
      expectFull(full, '/state/');
    }

    const done = await rehearsal.syncline('apply', '-y');
    expect(done.code, done.stderr).toBe(0);
    for (const object of ['field', 'tag', 'list']) {
      const names = (await rehearsal.dump('activecampaign', object)).map((row) => row['title'] ?? row['tag'] ?? row['name']);
      expect(new Set(names).size, object).toBe(names.length);
    }
    const population = await populationOf(rehearsal);
    expect(disagreements(population)).toEqual([]);
  });

  it('ends a sync whose ledger cannot grow before anything is written, and the next one carries the edits over', async () => {
    const before = duplicates((await populationOf(rehearsal)).activecampaign);
    for (let person = 0; person < 40; person += 1)
      await salesforce.create({
        LastName: `Person ${person}`,
        Email: `person${person}@example.com`,
        Description: 'x'.repeat(500),
      });
    const writes = await rehearsal.writes();
    // Packed, so that what comes next needs a page more.
    new Database(join(rehearsal.folder, 'state', 'ledger.sqlite')).exec('vacuum').close();
    const full = await withFullLedgerDisk(() => rehearsal.syncline('sync'));

    expectFull(full, 'ledger.sqlite');
    expect(await rehearsal.writes()).toBe(writes);
    expect((await rehearsal.syncline('sync')).code).toBe(0);
    const population = await populationOf(rehearsal);
    expect(disagreements(population)).toEqual([]);
    expect(duplicates(population.activecampaign)).toEqual(before);
    expect((await rehearsal.syncline('verify')).code).toBe(0);
    expect((await rehearsal.syncline('audit', 'verify')).code).toBe(0);
  });
});
