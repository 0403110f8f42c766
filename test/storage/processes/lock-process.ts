/**
 * A process that works on a storage folder, for the tests of locks between processes.
 *
 *   lock-process.ts FOLDER hold            waits for a line, takes the lock, prints the outcome, keeps it
 *   lock-process.ts FOLDER count TIMES     takes the lock TIMES times and adds one to a file each time
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SynclineError } from '../../../src/model/errors.ts';
import type { Clock } from '../../../src/model/time.ts';
import { nodeHost } from '../../../src/storage/host.ts';
import { openLocalStorage } from '../../../src/storage/local/storage.ts';

/** Real time, but waiting is a hundred times shorter. */
const clock: Clock = { now: () => Date.now(), sleep: async (ms) => sleep(ms / 100) };

const [folder, task, times] = process.argv.slice(2) as [string, string, string | undefined];
const { locks } = openLocalStorage({ folder, stack: 'sandbox', synclineVersion: '0.1.0', clock, host: nodeHost(process, clock) });

if (task === 'hold') {
  process.stdout.write('ready\n');
  await new Promise((resolve) => process.stdin.once('data', resolve));
  try {
    const lock = await locks.acquire({ operation: 'apply', timeoutMs: 0 });
    process.stdout.write(`won ${lock.id} ${lock.takenOver?.id ?? 'none'}\n`);
  } catch (error) {
    process.stdout.write(`lost ${error instanceof SynclineError ? error.code : String(error)}\n`);
  }
  // Until killed, or until the test lets go of standard input.
  process.stdin.resume();
} else {
  const counter = join(folder, '..', 'counter');
  for (let turn = 0; turn < Number(times); turn += 1) {
    const lock = await locks.acquire({ operation: 'apply', timeoutMs: 3_600_000 });
    const before = Number(readFileSync(counter, 'utf8'));
    await sleep(1);
    writeFileSync(counter, String(before + 1));
    process.stdout.write(`${lock.info.fence}\n`);
    await lock.release();
  }
}
