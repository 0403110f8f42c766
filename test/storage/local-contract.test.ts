import { stateStoreContract } from './contract/state-store-contract.ts';
import { makeLocalFolder } from './local-folder.ts';

stateStoreContract('local', async (clock) => {
  const folder = await makeLocalFolder(clock);
  return {
    open: async (options) => folder.open(options),
    close: () => folder.remove(),
  };
});
