/** `Kind/name`, the stable name of a document: `Link/contacts`. */
export type Address = `${string}/${string}`;

export function addressOf(kind: string, name: string): Address {
  return `${kind}/${name}`;
}

const LINK_KINDS: readonly string[] = ['Link', 'AddressBookLink'];

/** Whether documents of a kind keep the records of two ends in step. */
export function isLinkKind(kind: string): boolean {
  return LINK_KINDS.includes(kind);
}

/** The same of what a plan calls the type of a specification. */
export function isLinkType(type: string): boolean {
  return LINK_KINDS.some((kind) => type === `syncline/${kind.toLowerCase()}`);
}

/** Whether documents of a kind run: links, and campaign imports. */
export function isFlowKind(kind: string): boolean {
  return isLinkKind(kind) || kind === 'CampaignImport';
}

/** Splits an address at its first slash. Returns `undefined` for text that is no address. */
export function parseAddress(text: string): { kind: string; name: string } | undefined {
  const match = /^([A-Z][A-Za-z]*)\/([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)$/.exec(text);
  return match === null ? undefined : { kind: match[1]!, name: match[2]! };
}
