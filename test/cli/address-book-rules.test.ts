import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeEach, beforeAll, describe, expect, it } from 'vitest';
import { Rehearsal } from './harness.ts';

let rehearsal: Rehearsal;

beforeAll(async () => {
  rehearsal = await Rehearsal.start({ people: 5, example: 'oro-dotdigital' });
});

beforeEach(() => rehearsal.startAnew());

afterAll(() => rehearsal.close());

const ANOTHER = (list: string, book: string): string => `
apiVersion: syncline/v1
kind: AddressBookLink
metadata: { name: another }
spec:
  list: { integration: orocrm, name: ${list} }
  addressBook: { integration: dotdigital, name: ${book} }
`;

/** An ordinary link that does the same. */
const ORDINARY = (list: string, book: string): string => `
apiVersion: syncline/v1
kind: Mapping
metadata: { name: ordinary }
spec:
  between: { oro: orocrm/contact, dd: dotdigital/contact }
  match: [{ oro: primaryEmail, dd: email, normalize: email }]
  fields:
    - { oro: primaryEmail, dd: email, flow: to-dd }
    - { dd: member/${book}, flow: to-dd, value: 'true' }
  consent:
    - { purpose: ordinary, channel: email, oro: null, dd: book/${book}, authority: dd }
---
apiVersion: syncline/v1
kind: Link
metadata: { name: ordinary }
spec:
  ends:
    oro: { integration: orocrm, object: contact, enter: { flag: list/${list} } }
    dd: { integration: dotdigital, object: contact, enter: nobody }
  mapping: ordinary
  flows: { to-dd: { every: PT4M } }
  conflicts: { prefer: oro }
  owns: { dd: [email] }
`;

async function validated(): Promise<string> {
  const outcome = await rehearsal.syncline('validate');
  expect(outcome.code, outcome.stdout).toBe(1);
  return outcome.stdout + outcome.stderr;
}

describe('C4 one marketing list, one address book', () => {
  it.each([
    ['a list with a second book', ANOTHER('Newsletter', 'Customers'), /z-another\.yaml:6:\d+/],
    ['a book with a second list', ANOTHER('Customers', 'Newsletter'), /z-another\.yaml:7:\d+/],
    ['a list by an ordinary link', ORDINARY('Newsletter', 'Customers'), /z-another\.yaml:\d+:\d+/],
    ['a book by an ordinary link', ORDINARY('Customers', 'Newsletter'), /z-another\.yaml:\d+:\d+/],
  ])('%s is refused, in whichever file it stands', async (_, yaml, place) => {
    await writeFile(join(rehearsal.folder, 'z-another.yaml'), yaml);

    const said = await validated();

    expect(said).toMatch(/LINK_LIST_LINKED_TWICE[\s\S]*AddressBookLink\/newsletter links the/);
    expect(said).toMatch(place);
  });

  it('lets another list have another book', async () => {
    await writeFile(join(rehearsal.folder, 'z-another.yaml'), ANOTHER('Customers', 'Customers'));

    expect(await rehearsal.syncline('validate')).toMatchObject({ code: 0 });
  });

  it('only lists with an e-mail address are linked', async () => {
    await rehearsal.edit('link.yaml', '    name: Newsletter\n', '    name: Newsletter\n    email: jobTitle\n');

    expect(await validated()).toMatch(
      /LINK_LIST_WITHOUT_EMAIL[\s\S]*link\.yaml:\d+:\d+[\s\S]*"jobTitle", which is of the type string/,
    );
  });

  it('lets two links write one data field from the same records only, unless one of them owns it', async () => {
    const leads = ANOTHER('Leads', 'Customers').replace('integration: orocrm,', 'integration: orocrm, object: lead,');
    await writeFile(join(rehearsal.folder, 'z-another.yaml'), leads);
    const contested = await validated();
    await writeFile(join(rehearsal.folder, 'z-another.yaml'), `${leads}  owns: { book: [FIRSTNAME, LASTNAME, FULLNAME] }\n`);

    expect(contested).toMatch(/CONFIG_CONTESTED_FIELD[\s\S]*both write field\/FIRSTNAME of Integration\/dotdigital/);
    expect(await rehearsal.syncline('validate')).toMatchObject({ code: 0 });
  });

  it('refuses what is no list and no address book', async () => {
    await rehearsal.edit('link.yaml', 'object: contact', 'object: account');
    await rehearsal.edit(
      'link.yaml',
      '{ integration: dotdigital, name: Newsletter }',
      '{ integration: orocrm, name: Newsletter }',
    );

    const said = await validated();

    expect(said).toMatch(/LINK_NO_LISTS[\s\S]*no marketing lists of the object "account"[\s\S]*contact or lead/);
    expect(said).toMatch(/LINK_NO_LISTS[\s\S]*Integration\/orocrm has no address books/);
  });
});

describe('C3 address books of every account', () => {
  it.each(['All Contacts', 'test'])('%s cannot be linked', async (book) => {
    await rehearsal.edit(
      'link.yaml',
      '{ integration: dotdigital, name: Newsletter }',
      `{ integration: dotdigital, name: ${book} }`,
    );

    expect(await validated()).toMatch(new RegExp(`LINK_BOOK_BUILT_IN[\\s\\S]*link\\.yaml:\\d+:\\d+[\\s\\S]*"${book}"`));
  });

  it('is imported from by nobody', async () => {
    const own =
      'source: { integration: dotdigital, addressBooks: [Newsletter, Test] }\n  destination: { integration: orocrm, object: contact }';
    await rehearsal.edit('campaigns.yaml', 'link: newsletter', own);

    expect(await validated()).toMatch(/LINK_BOOK_BUILT_IN[\s\S]*campaigns\.yaml:11:65[\s\S]*"Test"/);
  });

  it('cannot be named by a mapping either', async () => {
    await writeFile(join(rehearsal.folder, 'z-another.yaml'), ORDINARY('Customers', 'Test'));

    expect(await validated()).toMatch(/LINK_BOOK_BUILT_IN[\s\S]*z-another\.yaml:10:\d+/);
  });
});

describe('E7 a membership without the consent of its book', () => {
  const plain = (yaml: string): string => yaml.replace(/  consent:\n.*\n/, '');

  it('is refused where it is written, and what is told to be added is taken', async () => {
    await writeFile(join(rehearsal.folder, 'z-another.yaml'), plain(ORDINARY('Customers', 'Customers')));

    const said = await validated();
    const entry = / {2}- \{ purpose: customers.*\}/.exec(said)?.[0].replace('PATH', 'null');
    const whole = ORDINARY('Customers', 'Customers').replace(/ {2}- \{ purpose: ordinary.*\}/, entry!);
    await writeFile(join(rehearsal.folder, 'z-another.yaml'), whole);

    expect(said).toMatch(
      /MAPPING_MEMBERSHIP_WITHOUT_CONSENT[\s\S]*z-another\.yaml:10:13[\s\S]*dd\.member\/Customers puts people/,
    );
    expect(await rehearsal.syncline('validate')).toMatchObject({ code: 0 });
  });

  it('may only take people out of it', async () => {
    const taking = plain(ORDINARY('Customers', 'Customers')).replace("value: 'true'", "value: 'false'");
    await writeFile(join(rehearsal.folder, 'z-another.yaml'), taking);

    expect(await rehearsal.syncline('validate')).toMatchObject({ code: 0 });
  });

  it('is none of what archiving writes, with the consent or without', async () => {
    const archiving = (value: boolean): string =>
      ORDINARY('Customers', 'Former')
        .replace("{ dd: member/Former, flow: to-dd, value: 'true' }", '{ oro: firstName, dd: field/FIRSTNAME, flow: to-dd }')
        .replace(
          'object: contact, enter: { flag: list/Customers }',
          'object: contact, onLeave: archive, enter: { flag: list/Customers }',
        )
        .replace('enter: nobody', `enter: nobody, archive: { member/Former: ${value} }`);
    await writeFile(join(rehearsal.folder, 'z-another.yaml'), archiving(true));

    const said = await validated();
    await writeFile(join(rehearsal.folder, 'z-another.yaml'), archiving(false));

    expect(said).toMatch(/LINK_ARCHIVE_INVALID[\s\S]*z-another\.yaml:\d+:\d+[\s\S]*may take people out/);
    expect(await rehearsal.syncline('validate')).toMatchObject({ code: 0 });
  });
});

describe('C5 creation in the CRM', () => {
  it('needs each required field to flow both ways', async () => {
    await rehearsal.edit('link.yaml', 'object: contact', 'object: lead');
    await rehearsal.edit('link.yaml', 'createEntities: false', 'createEntities: true');
    const oneWay = await validated();
    await rehearsal.edit('link.yaml', '  fields:\n', '  fields:\n    - { list: name, book: DEAL, flow: both }\n');

    expect(oneWay).toMatch(/LINK_CREATION_INCOMPLETE[\s\S]*link\.yaml:\d+:\d+[\s\S]*lead cannot be created without name/);
    expect(await rehearsal.syncline('validate')).toMatchObject({ code: 0 });
  });
});

describe('C9 mappings of an address book link', () => {
  it('joined fields go one way', async () => {
    await rehearsal.edit('link.yaml', 'book: FULLNAME, flow: to-book', 'book: FULLNAME, flow: both');

    expect(await validated()).toMatch(/CONFIG_COMPUTED_BOTH_WAYS[\s\S]*link\.yaml:\d+:\d+[\s\S]*2 fields are joined/);
  });

  it('unknown fields, transforms and policies are told at their places', async () => {
    await rehearsal.edit('link.yaml', 'list: jobTitle', 'list: job title');
    await rehearsal.edit('link.yaml', 'list: lastName, book: LASTNAME', 'list: lastName, as: sideways, book: LASTNAME');
    await rehearsal.edit('link.yaml', 'conflicts: { prefer: list }', 'conflicts: { policy: manual, prefer: list }');

    const said = await validated();

    expect(said).toMatch(/MAPPING_UNKNOWN_FIELD[\s\S]*in AddressBookLink\/newsletter/);
    expect(said).toMatch(/MAPPING_UNKNOWN_TRANSFORM/);
    expect(said).toMatch(/CONFIG_CONFLICT_POLICY[\s\S]*policy: manual, prefer says nothing/);
  });

  it.each([
    [
      'a data field twice, of its own',
      'book: FULLNAME',
      'book: LASTNAME',
      /CONFIG_FIELD_WRITTEN_TWICE[\s\S]*link\.yaml:22:44[\s\S]*at link\.yaml:20:31/,
    ],
    ['the address', 'book: JOB_TITLE', 'book: email', /MAPPING_DUPLICATE_TARGET[\s\S]*link\.yaml:23:31[\s\S]*email: PATH/],
    [
      'a membership of another address book',
      'book: JOB_TITLE',
      'book: member/Customers',
      /CONFIG_INVALID_VALUE[\s\S]*link\.yaml:23:31[\s\S]*"member\/Customers" is no data field/,
    ],
    [
      'as its own what it does not write',
      '  every: PT4M\n',
      '  every: PT4M\n  owns: { book: [NAME] }\n',
      /CONFIG_UNKNOWN_REFERENCE[\s\S]*link\.yaml:27:18[\s\S]*writes no field "NAME"/,
    ],
    [
      'lists of an integration that there is not',
      'integration: orocrm',
      'integration: orocm',
      /CONFIG_UNKNOWN_REFERENCE[\s\S]*link\.yaml:9:18[\s\S]*did you mean "orocrm"/,
    ],
  ])('does not name %s, and is told so once', async (_, text, replacement, told) => {
    await rehearsal.edit('link.yaml', text, replacement);

    const said = await validated();

    expect(said).toMatch(told);
    expect(said.match(/^error /gm)).toHaveLength(1);
  });

  it('explains its settings', async () => {
    const spec = await rehearsal.syncline('explain', 'AddressBookLink.spec');
    const every = await rehearsal.syncline('explain', 'AddressBookLink.every');
    const policy = await rehearsal.syncline('explain', 'AddressBookLink.conflicts.policy');

    expect(spec.stdout).toMatch(/createEntities +Whether somebody[\s\S]*every +How often/);
    expect(every.stdout).toMatch(/PT4M/);
    expect(policy.stdout).toMatch(/oro-compatible[\s\S]*connector/);
  });
});

describe('C8 a data field that is declared otherwise', () => {
  it('is replaced only where that is allowed, and the plan says what is lost', async () => {
    expect((await rehearsal.syncline('apply', '-y')).code).toBe(0);
    await rehearsal.edit('resources.yaml', 'JOB_TITLE, type: String', 'JOB_TITLE, type: String, visibility: Public');

    const refused = await rehearsal.syncline('plan');
    await rehearsal.edit(
      'resources.yaml',
      '  attributes: { name: JOB_TITLE',
      '  allowReplace: true\n  attributes: { name: JOB_TITLE',
    );
    const allowed = await rehearsal.syncline('plan');

    expect(refused.code).toBe(1);
    expect(refused.stdout + refused.stderr).toMatch(
      /RESOURCE_REPLACE_LOSES_DATA[\s\S]*A change of visibility replaces Resource\/field-job-title[\s\S]*every contact/,
    );
    expect(allowed.stdout).toMatch(/Resource\/field-job-title must be replaced[\s\S]*1 to add, 0 to change, 1 to destroy/);
  });
});
