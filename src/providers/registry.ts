import { activeCampaignProvider } from './activecampaign/provider.ts';
import { dotdigitalProvider } from './dotdigital/provider.ts';
import { oroCrmProvider } from './orocrm/provider.ts';
import type { Provider } from './provider.ts';
import { salesforceProvider } from './salesforce/provider.ts';

/** Every provider, by the word of the YAML's `provider`. */
export const PROVIDERS: Readonly<Record<string, Provider>> = {
  [salesforceProvider.name]: salesforceProvider,
  [activeCampaignProvider.name]: activeCampaignProvider,
  [dotdigitalProvider.name]: dotdigitalProvider,
  [oroCrmProvider.name]: oroCrmProvider,
};
