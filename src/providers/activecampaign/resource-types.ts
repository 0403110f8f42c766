/**
 * Resource types of an account: custom fields of contacts, tags and lists. What a type can do is
 * said here; how it is carried out stands in `field-resource.ts`, `tag-resource.ts`, `list-resource.ts`.
 */
import type { Diagnostic } from '../../model/diagnostics/diagnostic.ts';
import type { ResourceAttributes, ResourceType } from '../provider.ts';
import { CONTACT, describe } from './catalog.ts';
import { kindOf } from './field-values.ts';

/** Types whose values are chosen from options. */
export const CHOICE_TYPES: ReadonlySet<string> = new Set(['dropdown', 'radio', 'checkbox', 'listbox']);

type Fault = Omit<Diagnostic, 'source'>;

const NO_FAULTS: readonly Fault[] = [];

const field: ResourceType = {
  type: 'activecampaign/field',
  // The vendor's text accepts another type in an update, but says nothing of the values stored so far.
  replaceOn: ['type'],
  computed: ['perstag'],
  sensitive: [],
  create: true,
  update: true,
  delete: true,
  holdsData: true,
  key: (attributes) => textOf(attributes, 'title'),
  normalize: (attributes) => ({
    description: '',
    visible: true,
    ...(CHOICE_TYPES.has(textOf(attributes, 'type')) ? { options: [] } : {}),
    ...attributes,
  }),
  validate: validateField,
  field(attributes) {
    const title = textOf(attributes, 'title');
    const options = optionsOf(attributes);
    const { type } = kindOf(textOf(attributes, 'type'), options);
    const restricted = type === 'picklist' || type === 'set';
    return { object: CONTACT, field: { ...describe(`field/${title}`, title, type), ...(restricted ? { options } : {}) } };
  },
  steps(attributes) {
    const options = optionsOf(attributes);
    return [
      'In ActiveCampaign, open Contacts > Fields and choose "Add Field".',
      `Choose the type "${textOf(attributes, 'type')}" and the title "${textOf(attributes, 'title')}", spelled exactly so.`,
      ...(options.length === 0
        ? []
        : [`Give it these options, in this order: ${options.map((option) => `"${option}"`).join(', ')}.`]),
    ];
  },
};

const tag: ResourceType = {
  type: 'activecampaign/tag',
  replaceOn: ['tagType'],
  computed: [],
  sensitive: [],
  create: true,
  update: true,
  delete: true,
  holdsData: true,
  key: (attributes) => textOf(attributes, 'tag'),
  normalize: (attributes) => ({ description: '', tagType: 'contact', ...attributes }),
  validate: () => NO_FAULTS,
  field(attributes) {
    if ((attributes['tagType'] ?? 'contact') !== 'contact') return undefined;
    const name = textOf(attributes, 'tag');
    return { object: CONTACT, field: describe(`tag/${name}`, name, 'boolean') };
  },
  steps: (attributes) => [
    `In ActiveCampaign, open Contacts > Tags and add the tag "${textOf(attributes, 'tag')}", spelled exactly so.`,
  ],
};

const list: ResourceType = {
  type: 'activecampaign/list',
  // No call to change a list is documented, and a new list starts without its people.
  replaceOn: ['name', 'stringid', 'senderUrl', 'senderReminder', 'channel'],
  computed: ['stringid', 'senderUrl', 'senderReminder'],
  sensitive: [],
  create: true,
  update: false,
  delete: true,
  holdsData: true,
  key: (attributes) => textOf(attributes, 'name'),
  normalize: (attributes) => ({ channel: 'email', ...attributes }),
  validate: () => NO_FAULTS,
  field(attributes) {
    const name = textOf(attributes, 'name');
    return { object: CONTACT, field: describe(`list/${name}`, name, 'consent') };
  },
  steps: (attributes) => [
    'In ActiveCampaign, open Contacts > Lists and choose "Add a list".',
    `Name it "${textOf(attributes, 'name')}", spelled exactly so, and give it the address and the reminder that its e-mails need.`,
  ],
};

export const RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = { [field.type]: field, [tag.type]: tag, [list.type]: list };

function validateField(attributes: ResourceAttributes): readonly Fault[] {
  const type = textOf(attributes, 'type');
  const options = optionsOf(attributes);
  const faults: string[] = [];
  if (CHOICE_TYPES.has(type)) {
    if (options.length === 0) faults.push(`A field of type "${type}" needs options.`);
    if (new Set(options).size < options.length) faults.push('An option is listed twice.');
    const unusable = options.find(
      (option) => option === '' || option.includes('||') || option.startsWith('|') || option.endsWith('|'),
    );
    if (unusable !== undefined) {
      faults.push(`The option "${unusable}" cannot be told apart once stored: several choices are kept as "||a||b||".`);
    }
  } else if (options.length > 0) {
    faults.push(`A field of type "${type}" has no options; only ${[...CHOICE_TYPES].join(', ')} have.`);
  }
  return faults.map((detail) => ({ severity: 'error', code: 'PROVIDER_INVALID_ATTRIBUTE', detail }));
}

export function textOf(attributes: ResourceAttributes, name: string): string {
  const value = attributes[name];
  return typeof value === 'string' ? value : '';
}

export function optionsOf(attributes: ResourceAttributes): readonly string[] {
  const options = attributes['options'];
  return Array.isArray(options) ? options.map(String) : [];
}
