/** Calls as the sandbox counts them: what reached a vendor while something ran. */
import type { Rehearsal, VendorName } from '../cli/harness.ts';

/** Calls by `METHOD route`, an id as `*`. */
export type CallsByRoute = ReadonlyMap<string, number>;
export type CountedCalls = Readonly<Record<VendorName, CallsByRoute>>;

export const VENDORS: readonly [VendorName, ...VendorName[]] = ['salesforce', 'activecampaign'];

/** Runs something and tells the calls that reached each vendor meanwhile. */
export async function callsDuring(rehearsal: Pick<Rehearsal, 'calls'>, action: () => Promise<unknown>): Promise<CountedCalls> {
  const before = await countedCalls(rehearsal);
  await action();
  const after = await countedCalls(rehearsal);
  return {
    salesforce: difference(after.salesforce, before.salesforce),
    activecampaign: difference(after.activecampaign, before.activecampaign),
  };
}

export function totalOf(calls: CallsByRoute): number {
  return [...calls.values()].reduce((sum, count) => sum + count, 0);
}

async function countedCalls(rehearsal: Pick<Rehearsal, 'calls'>): Promise<CountedCalls> {
  const byVendor = { salesforce: new Map<string, number>(), activecampaign: new Map<string, number>() };
  for (const vendor of VENDORS) {
    for (const { method, route, count } of await rehearsal.calls(vendor)) {
      byVendor[vendor].set(`${method} ${route}`, (byVendor[vendor].get(`${method} ${route}`) ?? 0) + count);
    }
  }
  return byVendor;
}

function difference(after: CallsByRoute, before: CallsByRoute): CallsByRoute {
  return new Map(
    [...after].map(([route, count]) => [route, count - (before.get(route) ?? 0)] as const).filter(([, count]) => count > 0),
  );
}
