import { createActiveCampaignSandbox } from './activecampaign/sandbox.ts';
import { createDotdigitalSandbox } from './dotdigital/sandbox.ts';
import { oroSandboxWith } from './orocrm/sandbox.ts';
import { createSalesforceSandbox } from './salesforce/sandbox.ts';
import type { CreateVendorSandbox } from './vendor.ts';

/** Every vendor that the sandbox stands in for, in the order of their ports. */
export const DEFAULT_VENDORS: readonly CreateVendorSandbox[] = [
  createSalesforceSandbox,
  createActiveCampaignSandbox,
  createDotdigitalSandbox,
  // As the steps of orocrm/marketing-list leave an installation: a stock one shows no list.
  oroSandboxWith({ exposesMarketingLists: true }),
];
