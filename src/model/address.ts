/** `Kind/name`, the stable name of a document: `Link/contacts`. */
export type Address = `${string}/${string}`;

export function addressOf(kind: string, name: string): Address {
  return `${kind}/${name}`;
}

/** Splits an address at its first slash. Returns `undefined` for text that is no address. */
export function parseAddress(text: string): { kind: string; name: string } | undefined {
  const match = /^([A-Z][A-Za-z]*)\/([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)$/.exec(text);
  return match === null ? undefined : { kind: match[1]!, name: match[2]! };
}
