import type { DraftDeclaration, Findings } from './draft.ts';
import { entriesOf } from './draft.ts';

/**
 * Rules of what happens to a record whose partner is deleted or leaves the link: whoever archives says what is written,
 * and that is nothing that the mapping carries over as well, for then archiving would look like an edit. What it computes
 * may be archived: while a record is out of the link nothing is computed for it.
 *
 * @param writes paths of each end to which the mapping carries values
 */
export function checkEndings(
  link: DraftDeclaration<'Link'>,
  ends: readonly string[],
  writes: ReadonlyMap<string, readonly string[]>,
  findings: Findings,
): void {
  for (const [end, rule] of entriesOf(link.spec.onDelete)) {
    const other = ends.find((name) => name !== end);
    if (rule === 'archive' && ends.includes(end) && other !== undefined)
      checkArchive(link, ['spec', 'onDelete', end], other, findings);
  }
  for (const [end, { archive, onLeave }] of entriesOf(link.spec.ends)) {
    const other = ends.find((name) => name !== end);
    if (onLeave === 'archive' && other !== undefined) checkArchive(link, ['spec', 'ends', end, 'onLeave'], other, findings);
    const mapped = new Set((writes.get(end) ?? []).map((path) => path.toLowerCase()));
    for (const path of Object.keys(archive ?? {})) {
      if (!mapped.has(path.toLowerCase())) continue;
      const detail = `The mapping writes "${path.slice(0, 80)}" at ${end} as well, so archiving a record would look like an edit of it.`;
      findings.atKey(link, ['spec', 'ends', end, 'archive', path], 'CONFIG_FIELD_WRITTEN_TWICE', detail, 'keep one of the two');
    }
  }
}

/** Reports a rule that archives at an end which does not say what that writes. */
function checkArchive(link: DraftDeclaration<'Link'>, rule: readonly string[], end: string, findings: Findings): void {
  if (link.source.intends(['spec', 'ends', end, 'archive'])) return;
  const detail = `The rule archives the record at ${end}, but that end does not say what an archived record holds.`;
  findings.atValue(link, rule, 'CONFIG_MISSING_ARCHIVE', detail, `add to ${end}: archive: { FIELD: VALUE }`);
}
