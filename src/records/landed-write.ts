/** A write that was carried out: what the record holds now, what of it is somebody's edit, and its line in the journal. */
import { toInstant } from '../model/time.ts';
import type { FieldValues, RemoteRecord } from '../model/value.ts';
import type { WriteOutcome } from '../providers/provider.ts';
import type { JournalEntry } from '../storage/journal.ts';
import { isOptedOut } from './consent.ts';
import { journalFields, kept, pickPresent, reasonsOf } from './journal-entry.ts';
import type { ActiveLink, LinkEnd } from './link.ts';
import { isAnotherText, provenVersion, spelledOtherwise } from './version.ts';
import type { Side, WriteWork } from './work.ts';

/**
 * What a record holds after a write that was carried out, and what the journal keeps of it. What somebody put in the
 * place of a value before it was read back is not taken for agreed: it is an edit, and the record is staged with it.
 */
export function landedWrite(
  link: ActiveLink,
  item: WriteWork,
  end: LinkEnd,
  { id, record }: Extract<WriteOutcome, { status: 'applied' }>,
): {
  readonly side: Side;
  readonly edited: RemoteRecord | undefined;
  readonly entry: JournalEntry & { readonly action: 'create' | 'update' };
} {
  const writes = item.decision.writes[end.name]!;
  const before = item.sides[end.name]?.values ?? {};
  const later = editedSince(link, item, end, record.values);
  const reported = pickPresent(
    record.values,
    Object.keys(writes).filter((path) => !later.includes(path)),
  );
  const known = { ...blankRecord(link, end), ...before, ...writes, ...reported };
  const version = later.length > 0 ? undefined : provenVersion(record);
  const spelled = version === undefined ? undefined : spelledOtherwise(known, record.values, stampedPaths(link, end));
  const values = { ...known, ...spelled };
  const side = { remoteId: id, values, modifiedAt: record.modifiedAt, version: spelled === undefined ? undefined : version };
  const shown = { ...values, ...pickPresent(record.values, [...later, ...readAlong(link, item, end, record)]) };
  const isEdited = !link.fingerprints.of(end.name, shown).record.equals(link.fingerprints.of(end.name, values).record);
  return {
    side,
    edited: isEdited
      ? { id, values: shown, ...(record.modifiedAt !== undefined && { modifiedAt: record.modifiedAt }) }
      : undefined,
    entry: {
      person: item.person,
      end: end.name,
      remoteId: id,
      action: item.createAt === end.name ? 'create' : 'update',
      at: toInstant(link.clock.now()),
      generation: link.generation,
      fields: journalFields(link, item, end.name),
      before: kept(link, before, Object.keys(writes)),
      after: kept(link, values, Object.keys(writes)),
      reason: reasonsOf(item, end.name),
    },
  };
}

/** Paths of two-way texts that were written and read back as another text. A field that flows one way is put back by its source. */
function editedSince(link: ActiveLink, item: WriteWork, end: LinkEnd, shown: FieldValues): readonly string[] {
  return Object.entries(item.decision.writes[end.name]!).flatMap(([path, written]) => {
    if (!isAnotherText(written, shown[path])) return [];
    const { fieldId } = item.decision.reasons[end.name]![path]!;
    const field = link.mapping.fields.find(({ id }) => id === fieldId);
    const described = end.client.object.fields.find((one) => one.path === path);
    return field?.targets.length === 2 && described !== undefined && TEXTS.has(described.type) ? [path] : [];
  });
}

/**
 * Paths of a complete answer that were not written: what is new there was entered since the record was read, and its feed
 * may be late. A grant is left to the reads, which bring its evidence; what a new record has else are its defaults.
 */
function readAlong(link: ActiveLink, item: WriteWork, end: LinkEnd, { values, readAt }: RemoteRecord): readonly string[] {
  if (readAt === undefined || item.createAt === end.name) return [];
  const grants = link.mapping.consent.flatMap((consent) =>
    isOptedOut(consent.state(end.name, values)) ? [] : consent.path[end.name],
  );
  return stampedPaths(link, end).filter(
    (path) => !Object.hasOwn(item.decision.writes[end.name]!, path) && !grants.includes(path),
  );
}

/** Types whose values people write freely. A vendor may have its own words for an option. */
const TEXTS: ReadonlySet<string> = new Set(['string', 'text', 'email', 'phone', 'url']);

function blankRecord(link: ActiveLink, end: LinkEnd): FieldValues {
  return Object.fromEntries(link.mapping.paths[end.name]!.map((path) => [path, null]));
}

const STAMPED = new WeakMap<LinkEnd, readonly string[]>();

/** Paths whose changes move the stamp of a record. */
function stampedPaths(link: ActiveLink, end: LinkEnd): readonly string[] {
  const known = STAMPED.get(end);
  if (known !== undefined) return known;
  const listed = new Set(end.client.stream.listed.map(({ path }) => path));
  const paths = link.mapping.paths[end.name]!.filter((path) => !listed.has(path));
  STAMPED.set(end, paths);
  return paths;
}
