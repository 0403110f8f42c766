import { SynclineError } from '../../model/errors.ts';
import { createKeyRing, environmentKeyIsFixed, parseKeys, type KeyRing } from '../keys.ts';
import type { StorageKeys } from '../storage.ts';

/** Keys from SYNCLINE_KEY alone: whoever can read the database must not find the key in it, nor on a runner's disk. */
export function createEnvironmentKeys(environmentKey: string | undefined): StorageKeys {
  function open(): KeyRing {
    if (environmentKey !== undefined) return createKeyRing(parseKeys(environmentKey, 'SYNCLINE_KEY'));
    throw new SynclineError('STORAGE_KEY_MISSING', 'Storage in a database needs SYNCLINE_KEY: nothing is kept on this machine.', {
      hint: 'Make a key once, keep it as a secret of the pipeline, and set it for every command:\n  openssl rand -base64 32',
    });
  }
  return {
    open,
    openOrCreate: open,
    rotate() {
      throw environmentKeyIsFixed();
    },
    retire: open,
  };
}
