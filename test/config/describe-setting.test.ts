import { describe, expect, test } from 'vitest';
import { describeSetting } from '../../src/config/describe-setting.ts';

function found(path: string) {
  const described = describeSetting(path);
  if (!('setting' in described)) throw new Error(`${path} was not found, but ${described.suggestion} was suggested.`);
  return described.setting;
}

describe('a setting is explained from the schemas', () => {
  test('with its type, default, words and place', () => {
    expect(found('Link.spec.retain')).toEqual({
      path: 'Link.spec.retain',
      description: 'What the ledger keeps of agreed values.',
      type: 'text',
      required: false,
      default: 'values',
      examples: ['hashes'],
      values: [
        { value: 'values', description: 'Encrypted values, so that history can show them and undo can restore them.' },
        { value: 'hashes', description: 'Keyed hashes only: history says that a field changed, and undo refuses.' },
      ],
      settings: [],
    });
  });

  test('under any name of the user, through lists, and without spec', () => {
    expect(found('Link.spec.ends.sf.enter')).toMatchObject({ path: 'Link.spec.ends.*.enter', required: true });
    expect(found('Link.ends.whatever.object').path).toBe('Link.spec.ends.*.object');
    expect(found('Mapping.fields[3].whenBlank').path).toBe('Mapping.spec.fields.whenBlank');
    expect(found('Mapping.spec.fields.flow')).toMatchObject({ required: true, examples: ['both', 'to-ac', 'off'] });
  });

  test('where it depends on another setting', () => {
    expect(found('Integration.spec.authentication.privateKey')).toMatchObject({ required: false, type: 'a map' });
    expect(found('Resource.spec.attributes.perstag').type).toBe('text');
    expect(found('salesforce/custom-field.length')).toMatchObject({ type: 'a whole number', required: false });
  });

  test('with the settings beneath it', () => {
    expect(found('Link').settings.map(({ name }) => name)).toEqual(['apiVersion', 'kind', 'metadata', 'spec']);
    expect(found('Link.spec.ends').settings.map(({ name }) => name)).toEqual([
      '*.integration',
      '*.object',
      '*.enter',
      '*.onLeave',
      '*.externalId',
      '*.archive',
    ]);
    expect(found('activecampaign/tag').settings).toEqual([
      { name: 'tag', description: 'The tag itself.', required: true },
      { name: 'description', description: 'What the tag means.', required: false },
      { name: 'tagType', description: 'What the tag is put on.', required: false },
    ]);
  });
});

test('what is misspelt is suggested', () => {
  expect(describeSetting('Link.spec.guard')).toEqual({ suggestion: 'Link.spec.guards' });
  expect(describeSetting('Lnk.spec.ends')).toEqual({ suggestion: 'Link.spec.ends' });
  expect(describeSetting('Link.spec.retain.more')).toEqual({ suggestion: 'Link.spec.retain' });
  expect(describeSetting('Bicycle')).toEqual({ suggestion: undefined });
  expect(describeSetting('')).toEqual({ suggestion: undefined });
});
