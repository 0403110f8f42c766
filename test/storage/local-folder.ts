import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { QUICK_FOLDER } from '../quick-folder.ts';
import type { Clock } from '../../src/model/time.ts';
import { nodeHost } from '../../src/storage/host.ts';
import { openLocalStorage, type LocalStorage, type LocalStorageOptions } from '../../src/storage/local/storage.ts';
import { createTestClock } from './test-clock.ts';

/** Nothing here outlives a test, so that it need not reach a disk. */

export interface LocalFolder {
  readonly path: string;
  open(options?: Partial<LocalStorageOptions>): LocalStorage;
  remove(): Promise<void>;
}

/** A storage folder of its own for one test. */
export async function makeLocalFolder(clock: Clock = createTestClock()): Promise<LocalFolder> {
  const base = await mkdtemp(join(QUICK_FOLDER, 'syncline-storage-'));
  const path = join(base, 'state');
  return {
    path,
    open: (options = {}) =>
      openLocalStorage({
        folder: path,
        stack: 'sandbox',
        synclineVersion: '0.1.0',
        clock,
        host: nodeHost(process, clock),
        ...options,
      }),
    remove: () => rm(base, { recursive: true, force: true }),
  };
}
