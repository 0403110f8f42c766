/** The sandbox in a process of its own, so that its memory and its work are not the product's. */
import { createActiveCampaignSandbox } from '../../../src/sandbox/activecampaign/sandbox.ts';
import { dotdigitalSandboxWith } from '../../../src/sandbox/dotdigital/sandbox.ts';
import { oroSandboxWith } from '../../../src/sandbox/orocrm/sandbox.ts';
import { createSalesforceSandbox } from '../../../src/sandbox/salesforce/sandbox.ts';
import { startSandbox } from '../../../src/sandbox/server.ts';
import type { CreateVendorSandbox } from '../../../src/sandbox/vendor.ts';

const VENDORS: Readonly<Record<string, CreateVendorSandbox>> = {
  salesforce: createSalesforceSandbox,
  activecampaign: createActiveCampaignSandbox,
  // Everybody in the address book was written to.
  dotdigital: dotdigitalSandboxWith({ campaignRecipients: Number.POSITIVE_INFINITY }),
  orocrm: oroSandboxWith({ exposesMarketingLists: true }),
};

const [people, seed, ...names] = process.argv.slice(2);
const vendors = names.map((name) => VENDORS[name]!);
const sandbox = await startSandbox({ vendors, basePort: 0, seed: Number(seed), records: Number(people), virtualTime: true });
process.send!({ origins: sandbox.origins, environment: sandbox.environment });
process.on('disconnect', () => process.exit(0));
