import { describe, expect, test } from 'vitest';
import { compileMapping } from '../../src/mapping/compile.ts';
import type { ConsentState, FieldValue } from '../../src/model/value.ts';
import { compiled, field, known, specificationOf, verdict } from './known-fields.ts';

const entry = { purpose: 'newsletter', channel: 'email', sf: 'HasOptedOutOfEmail', ac: 'list/Newsletter', authority: 'ac' };
const flag = field('HasOptedOutOfEmail', 'boolean', { optedOutWhen: true });
const list = field('list/Newsletter', 'consent');

function compileConsents(
  consent: (typeof entry)[],
  fields: Parameters<typeof known>[0],
  specified: Parameters<typeof specificationOf>[0] = [],
) {
  return compileMapping('person', specificationOf(specified, { consent }), known(fields));
}

describe('consent that a flag records', () => {
  const [consent] = compiled(
    compileConsents([entry], { sf: [flag, field('Email', 'email')], ac: [list, field('email', 'email')] }),
  ).consent;

  test.each<[FieldValue, ConsentState]>([
    [true, 'unsubscribed'],
    [false, 'unknown'],
    [null, 'unknown'],
    ['true', 'unknown'],
  ])('%j is read as %s, never as subscribed', (value, state) => {
    expect(consent?.state('sf', { HasOptedOutOfEmail: value })).toBe(state);
  });

  test('a flag that was not read says nothing', () => {
    expect(consent?.state('sf', {})).toBe('unknown');
  });

  test.each<[ConsentState, boolean]>([
    ['erased', true],
    ['complained', true],
    ['unsubscribed', true],
    ['unknown', false],
    ['subscribed', false],
  ])('%s is written as %j', (state, value) => {
    expect(consent?.value('sf', state)).toBe(value);
  });

  test.each<[boolean, ConsentState]>([
    [false, 'unsubscribed'],
    [true, 'subscribed'],
  ])('a flag for permission: %j is read as %s', (value, state) => {
    const permission = field('HasOptedOutOfEmail', 'boolean', { optedOutWhen: false });
    const [inverted] = compiled(compileConsents([entry], { sf: [permission], ac: [list] })).consent;

    expect(inverted?.state('sf', { HasOptedOutOfEmail: value })).toBe(state);
    expect(inverted?.value('sf', 'unsubscribed')).toBe(false);
    expect(inverted?.value('sf', 'subscribed')).toBe(true);
  });
});

describe('consent that a subscription records', () => {
  const [consent] = compiled(compileConsents([entry], { sf: [flag], ac: [list] })).consent;

  test.each<[FieldValue, ConsentState]>([
    ['subscribed', 'subscribed'],
    ['unsubscribed', 'unsubscribed'],
    ['complained', 'complained'],
    ['erased', 'erased'],
    [null, 'unknown'],
    ['active', 'unknown'],
    [true, 'unknown'],
    [['subscribed'], 'unknown'],
  ])('%j is read as %s', (value, state) => {
    expect(consent?.state('ac', { 'list/Newsletter': value })).toBe(state);
  });

  test('the state itself is written', () => {
    expect(consent?.value('ac', 'unsubscribed')).toBe('unsubscribed');
  });

  test('the authority and both paths are known to the record loop', () => {
    expect(consent).toMatchObject({
      purpose: 'newsletter',
      channel: 'email',
      authority: 'ac',
      path: { sf: 'HasOptedOutOfEmail', ac: 'list/Newsletter' },
    });
  });
});

describe('mappings that could widen consent', () => {
  const fields = {
    sf: [flag, field('Email', 'email'), field('VIP__c', 'boolean')],
    ac: [list, field('email', 'email'), field('field/Opt-out', 'boolean')],
  };

  test.each([
    ['an opt-out flag as a field', { sf: 'HasOptedOutOfEmail', ac: 'field/Opt-out', flow: 'both' }],
    ['an opt-out flag as the target of a field', { sf: 'HasOptedOutOfEmail', ac: 'field/Opt-out', flow: 'to-sf' }],
    ['an opt-out flag as the source of a field', { sf: 'HasOptedOutOfEmail', ac: 'field/Opt-out', flow: 'to-ac' }],
    ['a constant opt-in', { ac: 'list/Newsletter', flow: 'to-ac', value: '"subscribed"' }],
    ['a computed flag', { sf: 'HasOptedOutOfEmail', flow: 'to-sf', value: 'false' }],
  ])('%s is refused', (_, specified) => {
    expect(verdict(compileConsents([], fields, [specified]))).toEqual(['error MAPPING_CONSENT_AS_FIELD']);
  });

  test('a field that is declared as consent is no field, even where its type is not known', () => {
    const found = compileConsents([entry], {}, [{ ac: 'list/Newsletter', flow: 'to-ac', value: '"subscribed"' }]);

    expect(verdict(found)).toEqual(['error MAPPING_CONSENT_AS_FIELD']);
  });

  test('a field from which no permission can be read is no consent', () => {
    const found = compileConsents([{ ...entry, sf: 'VIP__c' }], fields);

    expect(verdict(found)).toEqual(['error MAPPING_NOT_CONSENT']);
  });

  test('an authority that is no end is refused', () => {
    const found = compileConsents([{ ...entry, authority: 'sff' }], fields);

    expect(found.diagnostics[0]).toMatchObject({ code: 'MAPPING_UNKNOWN_END', hint: 'did you mean "sf"?' });
  });

  test('one purpose declared twice is refused', () => {
    const found = compileConsents([entry, { ...entry, sf: 'Other', ac: 'list/Other' }], {});

    expect(verdict(found)).toEqual(['error MAPPING_INVALID_ENTRY']);
  });

  test('two purposes in one field are refused', () => {
    const found = compileConsents([entry, { ...entry, purpose: 'offers', ac: 'list/Offers' }], {});

    expect(verdict(found)).toEqual(['error MAPPING_DUPLICATE_TARGET']);
  });

  test.each<[string, object, string]>([
    ['an authority to which consent only flows', { flow: 'to-ac' }, 'MAPPING_CONSENT_AUTHORITY'],
    ['an account-wide authority without a field', { purpose: 'all', ac: undefined }, 'MAPPING_CONSENT_AUTHORITY'],
    ['a purpose at one end only', { ac: undefined }, 'MAPPING_INVALID_ENTRY'],
    ['an ordinary flag without a meaning', { sf: 'VIP__c' }, 'MAPPING_NOT_CONSENT'],
    ['a vendor flag turned round', { optedOutWhen: { sf: false } }, 'MAPPING_NOT_CONSENT'],
    ['a meaning for a subscription', { optedOutWhen: { ac: true } }, 'MAPPING_NOT_CONSENT'],
    ['a meaning that is none', { optedOutWhen: { sf: 'yes' } }, 'MAPPING_INVALID_ENTRY'],
    ['a meaning at no end', { optedOutWhen: { xx: true } }, 'MAPPING_UNKNOWN_END'],
    ['an address at one end', { address: { sf: 'Email' } }, 'MAPPING_CONSENT_ADDRESS'],
    ['an address at no end', { address: { sf: 'Email', ac: 'email', xx: 'email' } }, 'MAPPING_UNKNOWN_END'],
    ['an address that is none', { address: { sf: 'VIP__c', ac: 'email' } }, 'MAPPING_CONSENT_ADDRESS'],
    ['a direction that is none', { flow: 'off' }, 'MAPPING_UNKNOWN_END'],
    ['a flag of the parent', { sf: 'Account.Out' }, 'MAPPING_NOT_CONSENT'],
    ['a flag that nobody can write', { sf: 'Fixed' }, 'MAPPING_READ_ONLY_TARGET'],
  ])('%s is refused', (_, change, code) => {
    const parent = field('Account.Out', 'boolean', { optedOutWhen: true, parent: 'Account' });
    const fixed = field('Fixed', 'boolean', { optedOutWhen: true, updateable: false });
    const found = compileConsents([{ ...entry, ...change }], { ...fields, sf: [...fields.sf, parent, fixed] });

    expect(verdict(found)).toEqual([`error ${code}`]);
  });

  test('an ordinary flag is consent once its meaning is told, and may be so at one end for all purposes', () => {
    const flagged = { ...entry, sf: 'VIP__c', optedOutWhen: { sf: true }, address: { sf: 'Email', ac: 'email' } };
    const { sf: _sf, ac: _ac, ...rest } = entry;
    const found = compileConsents(
      [flagged, { ...rest, purpose: 'all', authority: 'sf', sf: 'HasOptedOutOfEmail' } as typeof entry],
      fields,
    );

    expect(verdict(found)).toEqual([]);
    expect(compiled(found).consent[0]?.state('sf', { VIP__c: true })).toBe('unsubscribed');
    expect(compiled(found).consent[0]?.address('sf', { Email: ' Ann@X.org ' })).toBe('ann@x.org');
    expect(compiled(found).consent[1]).toMatchObject({ path: { sf: 'HasOptedOutOfEmail' }, targets: ['sf', 'ac'] });
    expect(compiled(found).consent[1]?.state('ac', { 'list/Newsletter': 'unsubscribed' })).toBe('unknown');
  });

  test('an address has to be known', () => {
    const specified = specificationOf([], { consent: [entry], match: [{ sf: 'Email', ac: 'email' }] });

    expect(verdict(compileMapping('person', specified, {}))).toEqual(['error MAPPING_CONSENT_ADDRESS']);
  });

  test('a flag or tag that looks like consent is a warning as a field', () => {
    const specified = [
      { sf: 'VIP__c', ac: 'tag/do-not-mail', flow: 'to-ac' },
      { ac: 'tag/unsubscribed', flow: 'to-ac', value: 'true' },
    ];
    const found = compileConsents(
      [],
      { ...fields, ac: [...fields.ac, field('tag/do-not-mail', 'boolean'), field('tag/unsubscribed', 'boolean')] },
      specified,
    );

    expect(verdict(found)).toEqual(['warning MAPPING_LOOKS_LIKE_CONSENT', 'warning MAPPING_LOOKS_LIKE_CONSENT']);
  });
});
