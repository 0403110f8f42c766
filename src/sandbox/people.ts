import {
  AWKWARD_DATES,
  CITIES,
  COMMON_NAMES,
  COMPANIES,
  HOSTILE_TEXTS,
  JOB_TITLES,
  LEAD_SOURCES,
  MAX_CHARACTERS,
  SCRIPTS,
  type SpelledName,
} from './people-values.ts';
import { createRandomSequence, type RandomSequence } from './random.ts';
import type { Seed, SeedPerson } from './vendor.ts';

type Membership = 'both' | 'crm' | 'marketing';

/** Of every ten people. */
const MEMBERSHIPS: readonly Membership[] = [
  ...(['both', 'both', 'both', 'both', 'both', 'both'] as const),
  ...(['crm', 'crm'] as const),
  ...(['marketing', 'marketing'] as const),
];
/** Of the people on both sides. */
const SHARE_WITH_OTHER_VALUES = 0.25;
const SHARE_SPELLED_OTHERWISE = 0.05;
const SHARE_HOSTILE = 0.06;
const SHARE_AT_LIMIT = 0.03;
/** Of the people whom only the CRM knows. */
const SHARE_WITHOUT_EMAIL = 0.1;
/** One CRM record in so many has the address of another; the first one early, so that small seeds have one. */
const DUPLICATE_EVERY = 100;
const FIRST_DUPLICATE_AFTER = 17;

const SECOND_MS = 1000;
const DAY_MS = 24 * 60 * 60 * SECOND_MS;
/** One in ten was last touched by one bulk load: many records with one stamp, across page borders. */
const SHARE_OF_BULK_LOAD = 0.1;
const BULK_LOAD_MS_AGO = 30 * DAY_MS;

/**
 * Makes the people of one seed, hard on purpose, and the same for the same numbers. A person is the
 * same one in a larger seed, too.
 *
 * Of `records` people about 60 % stand on both sides, 20 % in the CRM only, 20 % in marketing only.
 * Addresses are unique in marketing; in the CRM some people have none, and about one in a hundred
 * has another one's. Values keep to what every vendor accepts; a first name may be blank, a last
 * name never is.
 */
export function makeSeed(seed: number, records: number): Seed {
  const random = createRandomSequence(seed);
  const crm: SeedPerson[] = [];
  const marketing: SeedPerson[] = [];
  const memberships: Membership[] = [];
  let duplicatesMade = 0;
  for (let number = 1; number <= records; number += 1) {
    if (memberships.length === 0) memberships.push(...shuffled(MEMBERSHIPS, random));
    const membership = memberships.pop() ?? 'both';
    const person = makePerson(number, random);
    if (membership === 'both') {
      crm.push(person);
      marketing.push(asMarketingKnowsThem(person, random));
    } else if (membership === 'marketing') {
      marketing.push(person);
    } else {
      const duplicateIsDue = crm.length >= FIRST_DUPLICATE_AFTER + duplicatesMade * DUPLICATE_EVERY;
      const email = duplicateIsDue ? addressOfAnother(crm, random) : random.chance(SHARE_WITHOUT_EMAIL) ? null : person.email;
      if (duplicateIsDue) duplicatesMade += 1;
      crm.push({ ...person, email });
    }
  }
  return { seed, crm, marketing };
}

function makePerson(number: number, random: RandomSequence): SeedPerson {
  const names = random.chance(0.5) ? COMMON_NAMES : random.pick(SCRIPTS);
  const first = random.pick(names.first);
  const last = random.pick(names.last);
  const changedMsAgo = random.chance(SHARE_OF_BULK_LOAD) ? BULK_LOAD_MS_AGO : daysAgo(2, 200, random);
  const person: SeedPerson = {
    number,
    firstName: random.chance(0.03) ? '' : first.written,
    lastName: last.written,
    email: emailOf(number, first, last, random),
    phone: random.chance(0.2) ? null : phoneOf(random),
    jobTitle: random.chance(0.25) ? null : random.pick(JOB_TITLES),
    city: random.chance(0.15) ? null : random.pick(CITIES),
    birthday: random.chance(0.4) ? null : birthdayOf(random),
    leadSource: random.chance(0.2) ? null : random.pick(LEAD_SOURCES),
    company: random.chance(0.15) ? null : random.pick(COMPANIES),
    optedOut: random.chance(0.04),
    createdMsAgo: changedMsAgo + daysAgo(0, 400, random),
    changedMsAgo,
  };
  if (random.chance(SHARE_HOSTILE)) return { ...person, ...hostileValue(random) };
  return random.chance(SHARE_AT_LIMIT) ? { ...person, ...valueAtLimit(person, random) } : person;
}

/** Mostly the same object, which is what keeps a large seed small. */
function asMarketingKnowsThem(person: SeedPerson, random: RandomSequence): SeedPerson {
  let other = person;
  if (random.chance(SHARE_WITH_OTHER_VALUES)) {
    const edits = 1 + random.below(3);
    for (let edit = 0; edit < edits; edit += 1) other = withOneOtherValue(other, person, random);
    const changedMsAgo = daysAgo(2, 200, random);
    other = { ...other, changedMsAgo, createdMsAgo: changedMsAgo + daysAgo(0, 400, random) };
  }
  if (random.chance(0.06)) other = { ...other, optedOut: !person.optedOut };
  if (random.chance(SHARE_SPELLED_OTHERWISE)) other = { ...other, email: spelledOtherwise(person.email ?? '') };
  return other;
}

function withOneOtherValue(person: SeedPerson, original: SeedPerson, random: RandomSequence): SeedPerson {
  const names = random.pick(SCRIPTS);
  switch (random.below(8)) {
    case 0:
      return { ...person, firstName: otherThan(original.firstName, names.first, random).written };
    case 1:
      return { ...person, lastName: otherThan(original.lastName, names.last, random).written };
    case 2:
      return { ...person, phone: original.phone === null ? phoneOf(random) : null };
    case 3:
      return { ...person, phone: phoneOf(random) };
    case 4:
      return { ...person, jobTitle: otherText(original.jobTitle, JOB_TITLES, random) };
    case 5:
      return { ...person, city: otherText(original.city, CITIES, random) };
    case 6:
      return { ...person, birthday: original.birthday === null ? birthdayOf(random) : null };
    default:
      return { ...person, leadSource: otherText(original.leadSource, LEAD_SOURCES, random) };
  }
}

function otherThan(written: string, names: readonly SpelledName[], random: RandomSequence): SpelledName {
  return random.pick(names.filter((name) => name.written !== written));
}

function otherText(text: string | null, texts: readonly string[], random: RandomSequence): string {
  return random.pick(texts.filter((candidate) => candidate !== text));
}

function hostileValue(random: RandomSequence): Partial<SeedPerson> {
  const text = random.pick(HOSTILE_TEXTS);
  switch (random.below(5)) {
    case 0:
      return { firstName: text };
    case 1:
      return { lastName: text };
    case 2:
      return { city: text };
    case 3:
      return { company: text };
    default:
      return { jobTitle: text };
  }
}

function valueAtLimit(person: SeedPerson, random: RandomSequence): Partial<SeedPerson> {
  switch (random.below(6)) {
    case 0:
      return { firstName: stretched('Maximilian-Ālexandros-', MAX_CHARACTERS.firstName) };
    case 1:
      return { lastName: stretched('Wolfeschlegelsteinhausenbergerdorff-山田-', MAX_CHARACTERS.lastName) };
    case 2:
      return { phone: stretched('+1 (514) 555-0199 ext. 1234567890', MAX_CHARACTERS.phone) };
    case 3:
      return { jobTitle: stretched('Vice-Président, Développement & "Übersee"/', MAX_CHARACTERS.jobTitle) };
    case 4:
      return { city: stretched('Llanfairpwllgwyngyllgogerychwyrndrobwll', MAX_CHARACTERS.city) };
    default:
      return { email: longestEmail(person.number) };
  }
}

/** Repeats a text of the basic plane up to a length that units and characters agree on. */
function stretched(text: string, length: number): string {
  return text.repeat(Math.ceil(length / text.length)).slice(0, length);
}

function longestEmail(number: number): string {
  const domain = '@mail.example.com';
  const local = `the-longest-address.of-all-the-people-we-know.${String(number).padStart(7, '0')}`;
  return `${stretched('x-', MAX_CHARACTERS.email - domain.length - local.length)}${local}${domain}`;
}

/** Unique without regard to case: no name has digits, and the number is the person's own. */
function emailOf(number: number, first: SpelledName, last: SpelledName, random: RandomSequence): string {
  const domain = random.pick(['example.com', 'example.org', 'example.net', 'mail.example.com', 'xn--bcher-kva.example']);
  const local = `${first.latin}.${last.latin}`;
  const style = random.next();
  if (style < 0.12) return `${local}+news${number}@${domain}`;
  if (style < 0.2) return `${titled(first.latin)}.${titled(last.latin)}${number}@${titled(domain)}`;
  if (style < 0.22) return `${first.latin}&${last.latin}_${number}@${domain}`;
  if (style < 0.24) return `${first.latin}%${last.latin}-${number}@${domain}`;
  return `${local}${number}@${domain}`;
}

/** Looks on from a random place; among so many people somebody has an address. */
function addressOfAnother(people: readonly SeedPerson[], random: RandomSequence): string | null {
  let index = random.below(people.length);
  for (let looked = 0; looked < people.length; looked += 1) {
    const email = people[index]?.email ?? null;
    if (email !== null) return random.chance(0.5) ? spelledOtherwise(email) : email;
    index = (index + 1) % people.length;
  }
  return null;
}

function spelledOtherwise(email: string): string {
  return email === email.toLowerCase() ? titled(email) : email.toLowerCase();
}

function titled(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function phoneOf(random: RandomSequence): string {
  const last = String(random.below(10_000)).padStart(4, '0');
  const area = 200 + random.below(700);
  return random.pick([`+1 ${area} 555 ${last}`, `(${area}) 555-${last}`, `+49 30 ${area}${last}`, `00 33 1 ${area} ${last}`]);
}

function birthdayOf(random: RandomSequence): string {
  if (random.chance(0.05)) return random.pick(AWKWARD_DATES);
  const [year, month, day] = [1935 + random.below(70), 1 + random.below(12), 1 + random.below(28)];
  return `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

/** Whole seconds, which is as fine as every vendor's stamps are. */
function daysAgo(least: number, most: number, random: RandomSequence): number {
  return least * DAY_MS + random.below((most - least) * (DAY_MS / SECOND_MS)) * SECOND_MS;
}

function shuffled<Item>(items: readonly Item[], random: RandomSequence): Item[] {
  const rest = [...items];
  const order: Item[] = [];
  while (rest.length > 0) order.push(...rest.splice(random.below(rest.length), 1));
  return order;
}
