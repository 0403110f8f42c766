/** Subjects of a link: who has something staged that is due, page by page, with all that is known of them. */
import { NEVER, toInstant } from '../../model/time.ts';
import type { ParkedConflict } from '../conflicts.ts';
import type { AgreedRow, LinkLedger, StagedRow, Subject } from '../ledger.ts';
import type { RowCodec, StagedRecord } from './ledger-rows.ts';
import { STAGED_COLUMNS, type LinkRows } from './link-rows.ts';
import { PERSON_PAIRING } from './matching.ts';
import type { Sql } from './sql.ts';

/** A retry that is further away than any schedule sets was noted by a clock that was ahead: it is due. */
const DUE = `(status = 'new' or (status = 'quarantined' and (next_at <= ? or (next_at > ? and next_at < '${NEVER}'))))`;
const FURTHEST_RETRY_MS = 25 * 3_600_000;

/** The parameters of `DUE`. */
function dueAt(now: string): readonly [string, string] {
  return [now, toInstant(Date.parse(now) + FURTHEST_RETRY_MS)];
}

/** @param parkedOf conflicts of persons, whose ids are given as a JSON array */
export function createSubjects(
  sql: Sql,
  codec: RowCodec,
  link: string,
  stored: LinkRows,
  parkedOf: (persons: string) => Promise<readonly ParkedConflict[]>,
): Pick<LinkLedger, 'subjects'> {
  const { dialect } = sql;

  async function subjectsOfPersons(after: string, limit: number, now: string): Promise<Subject[]> {
    const found = await sql.all<{ person: string }>(
      `select distinct person from staged where link = ? and person > ? and ${DUE} order by person limit ?`,
      link,
      after,
      ...dueAt(now),
      limit,
    );
    if (found.length === 0) return [];
    const wanted = JSON.stringify(found.map(({ person }) => person));
    const subjects = new Map(found.map(({ person }) => [person, emptySubject(`p:${person}`, person)]));
    for (const record of await stored.staged(`person in ${dialect.texts('?')}`, wanted)) {
      subjects.get(record.person!)!.staged[record.end] = codec.openStaged(record);
    }
    for (const record of await stored.agreed(`person in ${dialect.texts('?')}`, wanted)) {
      const subject = subjects.get(record.person)!;
      // What is gone says something only about the record that came back.
      if (record.state === 'gone' && subject.staged[record.end] === undefined) continue;
      subject.agreed[record.end] = codec.openAgreed(record);
    }
    for (const conflict of await parkedOf(wanted)) subjects.get(conflict.person)!.parked.push(conflict);
    return [...subjects.values()];
  }

  async function subjectsOfPairings(after: string, limit: number, now: string): Promise<Subject[]> {
    const found = await sql.all<{ pairing: string }>(
      `select distinct pairing from staged where link = ? and person is null and pairing > ? and ${DUE} order by pairing limit ?`,
      link,
      after,
      ...dueAt(now),
      limit,
    );
    if (found.length === 0) return [];
    const pairings = found.map(({ pairing }) => pairing);
    const subjects = new Map(pairings.map((pairing) => [pairing, emptySubject(`q:${pairing}`, undefined)]));
    const places = await sql.all<StagedRecord & { pairing: string }>(
      `select ${STAGED_COLUMNS}, pairing from staged where link = ? and person is null and pairing in ${dialect.texts('?')}`,
      link,
      JSON.stringify(pairings),
    );
    for (const record of places) subjects.get(record.pairing)!.staged[record.end] = codec.openStaged(record);
    const persons = pairings
      .filter((pairing) => pairing.startsWith(PERSON_PAIRING))
      .map((pairing) => pairing.slice(PERSON_PAIRING.length));
    const unlinked = await stored.agreed(`state = 'unlinked' and person in ${dialect.texts('?')}`, JSON.stringify(persons));
    for (const record of unlinked) {
      const subject = subjects.get(PERSON_PAIRING + record.person)!;
      if (subject.staged[record.end] !== undefined) continue;
      subject.agreed[record.end] = codec.openAgreed(record);
      subject.person = record.person;
    }
    return [...subjects.values()];
  }

  return {
    async subjects(_ends, after, limit, now) {
      if (after === undefined || after.startsWith('p:')) {
        const subjects = await subjectsOfPersons(after?.slice(2) ?? '', limit, now);
        if (subjects.length === limit) return subjects;
        return [...subjects, ...(await subjectsOfPairings('', limit - subjects.length, now))];
      }
      return subjectsOfPairings(after.slice(2), limit, now);
    },
  };
}

function emptySubject(position: string, person: string | undefined) {
  return {
    position,
    person,
    staged: {} as Record<string, StagedRow>,
    agreed: {} as Record<string, AgreedRow>,
    parked: [] as ParkedConflict[],
  };
}
