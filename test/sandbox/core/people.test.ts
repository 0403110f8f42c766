import { describe, expect, test } from 'vitest';
import { makeSeed } from '../../../src/sandbox/people.ts';
import { COMPANIES, HOSTILE_TEXTS, LEAD_SOURCES, MAX_CHARACTERS } from '../../../src/sandbox/people-values.ts';
import type { SeedPerson } from '../../../src/sandbox/vendor.ts';

const RECORDS = 20_000;
const { crm, marketing } = makeSeed(7, RECORDS);
const everybody = [...crm, ...marketing];
const inMarketing = new Map(marketing.map((person) => [person.number, person]));
const pairs = crm.flatMap((person): [SeedPerson, SeedPerson][] => {
  const other = inMarketing.get(person.number);
  return other === undefined ? [] : [[person, other]];
});

function share(people: readonly SeedPerson[], condition: (person: SeedPerson) => boolean): number {
  return people.filter(condition).length / people.length;
}

function texts(person: SeedPerson): string[] {
  return [person.firstName, person.lastName, person.phone, person.jobTitle, person.city, person.company].filter(
    (text) => text !== null,
  );
}

describe('the same numbers', () => {
  test('give the same people', () => {
    expect(makeSeed(7, 500)).toEqual(makeSeed(7, 500));
  });

  test('and another seed gives others', () => {
    expect(makeSeed(8, 100).crm).not.toEqual(makeSeed(7, 100).crm);
    expect(makeSeed(7 + 2 ** 40, 100).crm).not.toEqual(makeSeed(7, 100).crm);
  });

  test('a larger seed begins with the people of a smaller one', () => {
    const small = makeSeed(7, 300);

    expect(crm.slice(0, small.crm.length)).toEqual(small.crm);
    expect(marketing.slice(0, small.marketing.length)).toEqual(small.marketing);
  });
});

describe('who is where', () => {
  test('every person stands on at least one side, with one number', () => {
    const numbers = new Set(everybody.map((person) => person.number));

    expect(numbers.size).toBe(RECORDS);
    expect(new Set(crm.map((person) => person.number)).size).toBe(crm.length);
    expect(inMarketing.size).toBe(marketing.length);
  });

  test('six of ten on both sides, two on each side alone', () => {
    expect([crm.length, marketing.length, pairs.length]).toEqual([RECORDS * 0.8, RECORDS * 0.8, RECORDS * 0.6]);
  });

  test('of those on both sides most have the same values, and many have others', () => {
    const differing = pairs.filter(
      ([a, b]) =>
        JSON.stringify({ ...a, createdMsAgo: 0, changedMsAgo: 0 }) !== JSON.stringify({ ...b, createdMsAgo: 0, changedMsAgo: 0 }),
    );

    expect(differing.length / pairs.length).toBeGreaterThan(0.25);
    expect(differing.length / pairs.length).toBeLessThan(0.45);
    for (const field of [
      'firstName',
      'lastName',
      'phone',
      'jobTitle',
      'city',
      'birthday',
      'leadSource',
      'optedOut',
      'email',
    ] as const) {
      expect(
        pairs.some(([a, b]) => a[field] !== b[field]),
        field,
      ).toBe(true);
    }
  });

  test("those on both sides share one address, but for its letters' case", () => {
    expect(pairs.every(([a, b]) => a.email?.toLowerCase() === b.email?.toLowerCase())).toBe(true);
  });

  test('no people is a seed, too', () => {
    expect(makeSeed(7, 0)).toEqual({ seed: 7, crm: [], marketing: [] });
  });
});

describe('addresses', () => {
  const lowerCase = (people: readonly SeedPerson[]): string[] => people.flatMap((person) => person.email?.toLowerCase() ?? []);

  test('are present and unique in marketing', () => {
    expect(new Set(lowerCase(marketing)).size).toBe(marketing.length);
  });

  test("are missing or another's for some people of the CRM", () => {
    const addresses = lowerCase(crm);
    const duplicates = addresses.length - new Set(addresses).size;

    expect(share(crm, (person) => person.email === null)).toBeGreaterThan(0.01);
    expect(duplicates / crm.length).toBeGreaterThan(0.008);
    expect(duplicates / crm.length).toBeLessThan(0.012);
    expect(
      makeSeed(1, 50).crm.length -
        new Set(makeSeed(1, 50).crm.map((person) => person.email?.toLowerCase() ?? person.number)).size,
    ).toBe(1);
  });

  test('have the syntax that Salesforce takes and at most 80 characters', () => {
    const syntax =
      /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}$/;

    const refused = everybody
      .flatMap((person) => person.email ?? [])
      .filter((email) => !syntax.test(email) || email.length > MAX_CHARACTERS.email || email.indexOf('@') > 64);

    expect(refused).toEqual([]);
  });

  test('some have a plus, some mixed case, some special characters, some the full length', () => {
    for (const pattern of [/\+/, /[A-Z]/, /'/, /&/, /%/, /^.{80}$/, /xn--/]) {
      expect(
        everybody.some((person) => pattern.test(person.email ?? '')),
        String(pattern),
      ).toBe(true);
    }
  });
});

describe('values', () => {
  test('keep to the limits, and some reach them', () => {
    for (const field of ['firstName', 'lastName', 'phone', 'jobTitle', 'city'] as const) {
      const longest = Math.max(...everybody.map((person) => person[field]?.length ?? 0));
      expect([field, longest]).toEqual([field, MAX_CHARACTERS[field]]);
    }
  });

  test('are one line without blanks at their ends, and whole characters', () => {
    const spoilt = everybody
      .flatMap(texts)
      .filter((text) => text !== text.trim() || /[\r\n\t\u0085\u2028\u2029]/.test(text) || !text.isWellFormed());

    expect(spoilt).toEqual([]);
  });

  test('a last name is never blank, a first name now and then', () => {
    expect(everybody.every((person) => person.lastName.trim() !== '')).toBe(true);
    expect(share(everybody, (person) => person.firstName === '')).toBeGreaterThan(0.01);
  });

  test.each([
    ['Latin with diacritics', /[À-ž]/],
    ['Cyrillic', /\p{Script=Cyrillic}/u],
    ['Greek', /\p{Script=Greek}/u],
    ['Chinese', /\p{Script=Han}/u],
    ['Japanese', /\p{Script=Hiragana}|\p{Script=Katakana}/u],
    ['Arabic', /\p{Script=Arabic}/u],
    ['Hebrew', /\p{Script=Hebrew}/u],
    ['Thai', /\p{Script=Thai}/u],
    ['emoji', /\p{Emoji_Presentation}/u],
    ['beyond the basic plane', /𠮷/u],
  ])('names are written in %s', (_script, pattern) => {
    expect(crm.some((person) => pattern.test(person.firstName + person.lastName))).toBe(true);
    expect(marketing.some((person) => pattern.test(person.firstName + person.lastName))).toBe(true);
  });

  test("every hostile text is somebody's", () => {
    const seen = new Set(everybody.flatMap(texts));

    expect(HOSTILE_TEXTS.filter((text) => !seen.has(text))).toEqual([]);
    expect(HOSTILE_TEXTS.every((text) => text.length <= MAX_CHARACTERS.firstName)).toBe(true);
    expect(COMPANIES.every((text) => text.length <= 255)).toBe(true);
  });

  test('birthdays are dates, lead sources are of the list', () => {
    const isDate = (text: string): boolean => new Date(`${text}T00:00:00Z`).toISOString().slice(0, 10) === text;

    expect(everybody.filter(({ birthday }) => birthday !== null && !isDate(birthday))).toEqual([]);
    expect(everybody.filter(({ leadSource }) => leadSource !== null && !LEAD_SOURCES.includes(leadSource))).toEqual([]);
    expect(share(everybody, (person) => person.leadSource === null)).toBeGreaterThan(0.1);
  });

  test('some have opted out on both sides, some on one', () => {
    const optOuts = new Set(pairs.map(([a, b]) => `${a.optedOut} ${b.optedOut}`));

    expect([...optOuts].sort()).toEqual(['false false', 'false true', 'true false', 'true true']);
    expect(share(everybody, (person) => person.optedOut)).toBeLessThan(0.15);
  });

  test('were made before they were changed, days to months ago, in whole seconds', () => {
    const day = 24 * 60 * 60 * 1000;

    expect(everybody.filter(({ changedMsAgo }) => changedMsAgo < 2 * day || changedMsAgo >= 200 * day)).toEqual([]);
    expect(everybody.filter(({ createdMsAgo, changedMsAgo }) => createdMsAgo < changedMsAgo)).toEqual([]);
    expect(everybody.filter(({ createdMsAgo, changedMsAgo }) => createdMsAgo % 1000 !== 0 || changedMsAgo % 1000 !== 0)).toEqual(
      [],
    );
  });

  test('hundreds share one stamp, as after a bulk load', () => {
    const counts = new Map<number, number>();
    for (const { changedMsAgo } of crm) counts.set(changedMsAgo, (counts.get(changedMsAgo) ?? 0) + 1);

    expect(Math.max(...counts.values())).toBeGreaterThan(500);
  });
});
