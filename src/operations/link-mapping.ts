import { addressOf, type Address } from '../model/address.ts';
import type { Attributes } from '../model/plan.ts';
import type { LinkSpecification } from './active-links.ts';

/** The mapping of a link: its own, or the document that it names. */
export function mappingOf(
  link: Pick<LinkSpecification, 'mapping'>,
  named: (address: Address) => Attributes | undefined,
): Attributes | undefined {
  const address = mappingAddress(link);
  return address === undefined ? (link.mapping as Attributes) : named(address);
}

/** The document that holds the mapping of a link; `undefined` where the link has one of its own. */
export function mappingAddress({ mapping }: Pick<LinkSpecification, 'mapping'>): Address | undefined {
  return typeof mapping === 'string' ? addressOf('Mapping', mapping) : undefined;
}
