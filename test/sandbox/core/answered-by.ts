import type { SandboxRequest, SandboxResponse, VendorSandbox } from '../../../src/sandbox/vendor.ts';

/** The stand-in itself, but for its answers to requests, which `handle` gives. */
export function answeredBy<Vendor extends VendorSandbox>(
  vendor: Vendor,
  handle: (request: SandboxRequest) => Promise<SandboxResponse>,
): Vendor {
  // The stand-ins are classes: what is not replaced has to go on being called on themselves.
  return new Proxy(vendor, {
    get(target, property) {
      if (property === 'handle') return handle;
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
