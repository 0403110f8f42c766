/** What a stack keeps of one account, counted from state and ledger alone: in another account it would mean nothing. */
import { isFlowKind, isLinkKind, type Address } from '../model/address.ts';
import type { State } from '../model/state.ts';
import type { Ledger } from '../storage/ledger.ts';

export interface AccountHoldings {
  /** Objects of the account that the state knows by their ids there. */
  readonly resources: readonly Address[];
  /** Links with an end in the account, with the persons whom each has linked. */
  readonly links: readonly { readonly address: Address; readonly persons: number }[];
  /** Campaign imports from there or to there. */
  readonly imports: readonly Address[];
}

export async function holdingsOf(state: State, ledger: Ledger, integration: string): Promise<AccountHoldings> {
  const resources = Object.entries(state.resources).filter(([, resource]) => resource.integration === integration);
  const flows = Object.entries(state.specifications).filter(
    ([, { kind, specification }]) =>
      isFlowKind(kind) &&
      Object.values(specification['ends'] as Readonly<Record<string, { readonly integration: string }>>).some(
        (end) => end.integration === integration,
      ),
  );
  const addressesOf = (entries: readonly (readonly [string, unknown])[]): Address[] =>
    entries.map(([address]) => address as Address).toSorted();
  const links = addressesOf(flows.filter(([, { kind }]) => isLinkKind(kind)));
  return {
    resources: addressesOf(resources),
    links: await Promise.all(links.map(async (address) => ({ address, persons: await ledger.link(address).countLinked() }))),
    imports: addressesOf(flows.filter(([, { kind }]) => !isLinkKind(kind))),
  };
}
