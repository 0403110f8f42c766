/** Calls as the sandbox counts them: what reached a vendor while something ran. */
import type { CallCount, VendorName } from '../cli/harness.ts';

/** Calls by `METHOD route`, an id as `*`. */
export type CallsByRoute = ReadonlyMap<string, number>;
export type CountedCalls<Vendor extends string = VendorName> = Readonly<Record<Vendor, CallsByRoute>>;

export const VENDORS: readonly [VendorName, ...VendorName[]] = ['salesforce', 'activecampaign'];

interface Counting<Vendor extends string> {
  calls(vendor: Vendor): Promise<readonly CallCount[]>;
}

/** Runs something and tells the calls that reached each vendor meanwhile. */
export function callsDuring(counting: Counting<VendorName>, action: () => Promise<unknown>): Promise<CountedCalls> {
  return callsOf(VENDORS, counting, action);
}

/** The same of other vendors. */
export async function callsOf<Vendor extends string>(
  vendors: readonly Vendor[],
  counting: Counting<Vendor>,
  action: () => Promise<unknown>,
): Promise<CountedCalls<Vendor>> {
  const count = () => Promise.all(vendors.map(async (vendor) => [vendor, byRoute(await counting.calls(vendor))] as const));
  const before = new Map(await count());
  await action();
  const during = (await count()).map(([vendor, after]) => [vendor, difference(after, before.get(vendor)!)] as const);
  return Object.fromEntries(during) as CountedCalls<Vendor>;
}

export function totalOf(calls: CallsByRoute): number {
  return [...calls.values()].reduce((sum, count) => sum + count, 0);
}

function byRoute(calls: readonly CallCount[]): CallsByRoute {
  const counted = new Map<string, number>();
  for (const { method, route, count } of calls) {
    counted.set(`${method} ${route}`, (counted.get(`${method} ${route}`) ?? 0) + count);
  }
  return counted;
}

function difference(after: CallsByRoute, before: CallsByRoute): CallsByRoute {
  return new Map(
    [...after].map(([route, count]) => [route, count - (before.get(route) ?? 0)] as const).filter(([, count]) => count > 0),
  );
}
