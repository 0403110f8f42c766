/**
 * What every storage of state and locks must do. Run it once for each implementation:
 * `stateStoreContract('local', make)`.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DiagnosticCode } from '../../../src/model/diagnostics/codes.ts';
import { SynclineError } from '../../../src/model/errors.ts';
import type { Clock } from '../../../src/model/time.ts';
import { headOf, verifyAudit, type AuditLog } from '../../../src/storage/audit.ts';
import type { Locks } from '../../../src/storage/lock.ts';
import type { StateStore } from '../../../src/storage/state.ts';
import { fullState, LINEAGE, newState, OTHER_LINEAGE, withResource } from '../states.ts';
import { createTestClock, type TestClock } from '../test-clock.ts';

export interface StorageClient {
  readonly states: StateStore;
  readonly locks: Locks;
  readonly audit: AuditLog;
}

export interface StorageUnderTest {
  /** Whether one storage holds the states of several stacks. */
  readonly keepsStacksApart: boolean;
  /** One more client of the same storage, as another process would open it. */
  open(options?: { readonly stack?: string }): Promise<StorageClient>;
  /** Removes the storage with all that it holds. */
  close(): Promise<void>;
}

export async function expectCode(work: Promise<unknown>, code: DiagnosticCode): Promise<SynclineError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(SynclineError);
  expect((error as SynclineError).code).toBe(code);
  return error as SynclineError;
}

const WRITE = { operation: 'apply', timeoutMs: 0 } as const;

export function stateStoreContract(name: string, make: (clock: Clock) => Promise<StorageUnderTest>): void {
  describe(`${name} storage keeps the contract (E5)`, () => {
    let clock: TestClock;
    let storage: StorageUnderTest;
    let client: StorageClient;

    beforeEach(async () => {
      clock = createTestClock();
      storage = await make(clock);
      client = await storage.open();
    });

    afterEach(async () => {
      await storage.close();
    });

    describe('state', () => {
      it('is undefined before the first write', async () => {
        expect(await client.states.read()).toBeUndefined();
      });

      it('reads back what was written, from another client too', async () => {
        const lock = await client.locks.acquire(WRITE);

        const stored = await client.states.write(fullState(), 0, lock);

        expect(stored).toMatchObject({ ...fullState(), serial: 1, digest: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
        expect(await client.states.read()).toEqual(stored);
        expect(await (await storage.open()).states.read()).toEqual(stored);
      });

      it('keeps values that are hostile to JSON and to files', async () => {
        const lock = await client.locks.acquire(WRITE);
        const attributes = JSON.parse(
          '{"__proto__": {"a": 1}, "10": "ten", "9": "nine", "": null, "é\\u0000\\u2028": "\\ud83d\\ude00\\u202e"}',
        ) as object;

        await client.states.write(
          withResource(newState(), 'Resource/a', { attributes: attributes as Record<string, unknown> }),
          0,
          lock,
        );

        const read = await (await storage.open()).states.read();
        expect(JSON.stringify(read?.resources['Resource/a']?.attributes)).toBe(
          JSON.stringify(
            JSON.parse('{"9": "nine", "10": "ten", "": null, "__proto__": {"a": 1}, "é\\u0000\\u2028": "\\ud83d\\ude00\\u202e"}'),
          ),
        );
      });

      it('moves the serial by one when resources, specifications, accounts or guards change', async () => {
        const lock = await client.locks.acquire(WRITE);
        let state = await client.states.write(newState(), 0, lock);
        const changes = [
          { resources: fullState().resources },
          { specifications: fullState().specifications },
          { accounts: fullState().accounts },
          { guards: fullState().guards },
          { resources: {} },
        ];

        for (const [index, change] of changes.entries()) {
          state = await client.states.write({ ...state, ...change }, state.serial, lock);
          expect(state.serial).toBe(index + 2);
        }
      });

      it('leaves the serial alone when only the audit log moved on', async () => {
        const lock = await client.locks.acquire(WRITE);
        const state = await client.states.write(fullState(), 0, lock);
        const audit = { count: 1, head: 'b'.repeat(64) };

        const after = await client.states.write({ ...state, audit }, 1, lock);

        expect(after).toMatchObject({ serial: 1, audit });
        expect(after.digest).not.toBe(state.digest);
        expect(await client.states.read()).toEqual(after);
      });

      it('never takes the audit head back', async () => {
        const lock = await client.locks.acquire(WRITE);
        const audit = { count: 2, head: 'b'.repeat(64) };
        const state = await client.states.write({ ...newState(), audit }, 0, lock);

        const after = await client.states.write(
          withResource({ ...state, audit: { count: 1, head: 'c'.repeat(64) } }, 'Resource/a'),
          1,
          lock,
        );

        expect(after).toMatchObject({ serial: 2, audit });
      });

      it('writes nothing when nothing differs', async () => {
        const lock = await client.locks.acquire(WRITE);
        const state = await client.states.write(fullState(), 0, lock);

        expect(await client.states.write(state, 1, lock)).toEqual(state);
      });

      it('refuses a write that was made on an older serial, and keeps what is stored', async () => {
        const lock = await client.locks.acquire(WRITE);
        const first = await client.states.write(newState(), 0, lock);
        const second = await client.states.write(withResource(first, 'Resource/a'), 1, lock);

        await expectCode(client.states.write(withResource(first, 'Resource/b'), 1, lock), 'STATE_STALE_SERIAL');
        await expectCode(client.states.write(withResource(first, 'Resource/b'), 3, lock), 'STATE_STALE_SERIAL');
        await expectCode(client.states.write(newState(), 0, lock), 'STATE_STALE_SERIAL');

        expect(await client.states.read()).toEqual(second);
      });

      it('refuses a first write that claims to have a predecessor', async () => {
        const lock = await client.locks.acquire(WRITE);

        await expectCode(client.states.write(newState(), 1, lock), 'STATE_STALE_SERIAL');

        expect(await client.states.read()).toBeUndefined();
      });

      it('refuses a state of another lineage', async () => {
        const lock = await client.locks.acquire(WRITE);
        const state = await client.states.write(newState(), 0, lock);

        await expectCode(
          client.states.write({ ...withResource(state, 'Resource/a'), lineage: OTHER_LINEAGE }, 1, lock),
          'STATE_LINEAGE_MISMATCH',
        );

        expect((await client.states.read())?.lineage).toBe(LINEAGE);
      });

      it('takes a pushed state that is newer, and leaves alone one that says the same', async () => {
        const lock = await client.locks.acquire(WRITE);
        const stored = await client.states.write(fullState(), 0, lock);

        expect(await client.states.push(stored, { as: 'whole' }, lock)).toEqual(stored);
        const newer = await client.states.push({ ...stored, serial: 7, accounts: {} }, { as: 'whole' }, lock);

        expect(newer).toMatchObject({ serial: 7, accounts: {} });
        expect(await (await storage.open()).states.read()).toEqual(newer);
      });

      it.each([
        ['of the same serial that says something else', 0, 'STATE_FORKED'],
        ['that is older', -1, 'STATE_STALE_SERIAL'],
      ] as const)('refuses a pushed state %s, unless it is forced', async (_, distance, code) => {
        const lock = await client.locks.acquire(WRITE);
        const first = await client.states.write(fullState(), 0, lock);
        const stored = await client.states.write({ ...first, guards: {} }, 1, lock);
        const other = { ...stored, serial: stored.serial + distance, resources: {} };

        await expectCode(client.states.push(other, { as: 'whole' }, lock), code);
        expect(await client.states.read()).toEqual(stored);

        const forced = await client.states.push(other, { as: 'forced', above: 4 }, lock);
        expect(forced).toMatchObject({ serial: 5, resources: {} });
        expect(await client.states.read()).toEqual(forced);
      });

      it('takes an edited state on top of the serial that it was made from, and on no other', async () => {
        const lock = await client.locks.acquire(WRITE);
        const stored = await client.states.write(fullState(), 0, lock);

        const edited = await client.states.push({ ...stored, accounts: {} }, { as: 'edited' }, lock);
        expect(edited).toMatchObject({ serial: 2, accounts: {} });
        await expectCode(client.states.push({ ...stored, guards: {} }, { as: 'edited' }, lock), 'STATE_STALE_SERIAL');
        await expectCode(
          client.states.push({ ...edited, serial: 9, lineage: OTHER_LINEAGE }, { as: 'whole' }, lock),
          'STATE_LINEAGE_MISMATCH',
        );
        expect(await client.states.read()).toEqual(edited);
      });

      it('never mixes the states of two stacks', async () => {
        const lock = await client.locks.acquire(WRITE);
        const state = await client.states.write(newState(), 0, lock);
        await expectCode(client.states.write(newState('production'), 1, lock), 'STATE_STACK_MISMATCH');
        const production = await storage.open({ stack: 'production' });

        if (storage.keepsStacksApart) {
          expect(await production.states.read()).toBeUndefined();
          const other = await production.locks.acquire(WRITE);
          await production.states.write(newState('production'), 0, other);
        } else {
          await expectCode(production.states.read(), 'STATE_STACK_MISMATCH');
          await expectCode(production.states.write(newState('production'), 1, lock), 'STATE_STACK_MISMATCH');
        }

        expect(await client.states.read()).toEqual(state);
      });

      it('refuses what is no state, and keeps what is stored', async () => {
        const lock = await client.locks.acquire(WRITE);
        const state = await client.states.write(newState(), 0, lock);
        const broken = { ...state, resources: { 'Resource/a': { type: 'x' } } } as unknown as typeof state;

        await expectCode(client.states.write(broken, 1, lock), 'STATE_INVALID');

        expect(await client.states.read()).toEqual(state);
      });
    });

    describe('lock', () => {
      it('refuses a second holder at once and says who holds it, since when and how to remove it', async () => {
        const lock = await client.locks.acquire(WRITE);
        const other = await storage.open();

        const error = await expectCode(other.locks.acquire({ operation: 'plan', timeoutMs: 0 }), 'STORAGE_LOCKED');

        expect(error.message).toContain(lock.info.who);
        expect(error.message).toContain(lock.info.created);
        expect(error.message).toContain('"apply"');
        expect(error.hint).toContain(`  syncline force-unlock ${lock.id}`);
        expect(clock.sleeps).toEqual([]);
        expect(await other.locks.current()).toEqual(lock.info);
      });

      it('is free again once released, and releasing twice does no harm', async () => {
        const lock = await client.locks.acquire(WRITE);
        await lock.release();
        const other = await (await storage.open()).locks.acquire(WRITE);

        await lock.release();

        await other.assertHeld();
        await expectCode(lock.assertHeld(), 'STORAGE_LOCK_LOST');
      });

      it('waits for the holder as long as asked, and tells once that it waits', async () => {
        const lock = await client.locks.acquire(WRITE);
        const other = await storage.open();
        const waits: string[] = [];
        clock.onSleep(async (count) => {
          if (count === 3) {
            await lock.release();
          }
        });

        const mine = await other.locks.acquire({ ...WRITE, timeoutMs: 60_000, onWait: (holder) => waits.push(holder.id) });

        await mine.assertHeld();
        expect(mine.takenOver).toBeUndefined();
        expect(waits).toEqual([lock.id]);
        expect(clock.sleeps.length).toBe(3);
      });

      it('gives up when the time to wait is over', async () => {
        await client.locks.acquire(WRITE);
        const started = clock.now();

        await expectCode((await storage.open()).locks.acquire({ ...WRITE, timeoutMs: 1_100 }), 'STORAGE_LOCKED');

        expect(clock.now() - started).toBe(1_100);
      });

      it('stops waiting when told to', async () => {
        await client.locks.acquire(WRITE);
        const controller = new AbortController();
        clock.onSleep(() => controller.abort(new Error('interrupted')));

        await expect(
          (await storage.open()).locks.acquire({ ...WRITE, timeoutMs: 60_000, signal: controller.signal }),
        ).rejects.toThrow('interrupted');
      });

      it('has a fence that grows with every lock taken for writing', async () => {
        const fences: number[] = [];
        for (let count = 0; count < 3; count += 1) {
          const lock = await (await storage.open()).locks.acquire(WRITE);
          fences.push(lock.info.fence);
          await lock.release();
        }

        expect(fences[1]).toBeGreaterThan(fences[0]!);
        expect(fences[2]).toBeGreaterThan(fences[1]!);
      });

      it('can be removed by force, by its own id only', async () => {
        const lock = await client.locks.acquire(WRITE);
        const other = await storage.open();

        const refused = await expectCode(other.locks.forceUnlock('another-id'), 'STORAGE_LOCK_NOT_FOUND');
        expect(refused.message).toContain(lock.id);
        await lock.assertHeld();
        expect(await other.locks.forceUnlock(lock.id)).toEqual(lock.info);

        expect(await other.locks.current()).toBeUndefined();
        await expectCode(other.locks.forceUnlock(lock.id), 'STORAGE_LOCK_NOT_FOUND');
      });

      it('lets a holder whose lock was removed by force write nothing more', async () => {
        const lock = await client.locks.acquire(WRITE);
        const state = await client.states.write(newState(), 0, lock);
        const other = await storage.open();
        await other.locks.forceUnlock(lock.id);

        await expectCode(client.states.write(withResource(state, 'Resource/a'), 1, lock), 'STORAGE_LOCK_LOST');
        const theirs = await other.locks.acquire({ operation: 'sync', timeoutMs: 0 });
        const error = await expectCode(client.states.write(withResource(state, 'Resource/a'), 1, lock), 'STORAGE_LOCK_LOST');
        await expectCode(
          client.audit.append({ type: 'apply', at: '2026-01-31T09:15:00.000Z', who: 'a@b', run: null }, lock),
          'STORAGE_LOCK_LOST',
        );
        await lock.release();

        expect(error.message).toContain('"sync"');
        await theirs.assertHeld();
        expect(await other.states.read()).toEqual(state);
      });

      it('taken for reading keeps writers away and accepts no write', async () => {
        const first = await client.locks.acquire(WRITE);
        await client.states.write(newState(), 0, first);
        await first.release();

        const lock = await client.locks.acquire({ operation: 'plan', timeoutMs: 0, purpose: 'read' });

        await expectCode((await storage.open()).locks.acquire(WRITE), 'STORAGE_LOCKED');
        await expectCode(client.states.write(withResource(newState(), 'Resource/a'), 1, lock), 'STORAGE_LOCK_LOST');
        await lock.release();
        await (await storage.open()).locks.acquire(WRITE);
      });
    });

    describe('audit log', () => {
      const event = (type: string) => ({ type, at: '2026-01-31T09:15:00.000Z', who: 'anna@desk', run: 'run-1' });

      it('chains events, also those of different clients', async () => {
        for (const type of ['run_started', 'apply', 'cycle']) {
          const { locks, audit } = await storage.open();
          const lock = await locks.acquire(WRITE);
          await audit.append({ ...event(type), resources: { added: 1 } }, lock);
          await lock.release();
        }

        const verification = await verifyAudit(client.audit.lines());

        expect(verification).toMatchObject({ intact: true, head: { count: 3 } });
      });

      it('is mirrored in the state', async () => {
        const lock = await client.locks.acquire(WRITE);
        const head = headOf(await client.audit.append(event('apply'), lock));
        await client.states.write({ ...newState(), audit: head }, 0, lock);

        const state = await client.states.read();

        expect(await verifyAudit(client.audit.lines(), state?.audit)).toEqual({ intact: true, head });
      });

      it('has no lines before the first event', async () => {
        expect(await verifyAudit(client.audit.lines())).toEqual({ intact: true, head: { count: 0, head: '0'.repeat(64) } });
      });
    });
  });
}
