/** The sandbox in a process of its own, so that its memory and its work are not the product's. */
import { createActiveCampaignSandbox } from '../../../src/sandbox/activecampaign/sandbox.ts';
import { createSalesforceSandbox } from '../../../src/sandbox/salesforce/sandbox.ts';
import { startSandbox } from '../../../src/sandbox/server.ts';

const [people, seed] = process.argv.slice(2).map(Number);
const vendors = [createSalesforceSandbox, createActiveCampaignSandbox];
const sandbox = await startSandbox({ vendors, basePort: 0, seed: seed!, records: people!, virtualTime: true });
process.send!({ origins: sandbox.origins, environment: sandbox.environment });
process.on('disconnect', () => process.exit(0));
