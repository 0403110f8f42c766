import { isLinkType } from '../model/address.ts';
import type { Attributes, ResourceChange } from '../model/plan.ts';
import type { Diagnostic } from '../model/diagnostics/diagnostic.ts';

/** Warns of a link that goes away while another comes that connects the same: most often one that was only renamed. */
export function renamedLinks(changes: readonly ResourceChange[]): readonly Diagnostic[] {
  const links = changes.filter((change) => isLinkType(change.type));
  return links.flatMap((added) => {
    const removed = links.find(
      (other) => added.action === 'create' && other.action === 'delete' && connects(other.before!) === connects(added.after!),
    );
    if (removed === undefined) return [];
    return [
      {
        severity: 'warning' as const,
        code: 'LINK_RENAMED' as const,
        address: added.address,
        detail: `${added.address} connects what ${removed.address} did, which goes away. Its records would be matched anew by their keys: nobody is created twice, but what was agreed on, deletions and what waits are forgotten.`,
        hint: `If it was only renamed, keep all of that: by a Moved document (kind: Moved), or at once:\n  syncline state mv ${removed.address} ${added.address}`,
      },
    ];
  });
}

function connects(link: Attributes): string {
  const ends = Object.values(link['ends'] as Readonly<Record<string, { readonly integration: string; readonly object: string }>>);
  return ends
    .map(({ integration, object }) => JSON.stringify([integration, object]))
    .toSorted()
    .join();
}
