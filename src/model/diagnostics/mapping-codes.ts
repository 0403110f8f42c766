import type { CodeDeclaration } from './codes.ts';

export const MAPPING_CODES = {
  MAPPING_INCOMPATIBLE_TYPES: {
    summary: 'Incompatible field types',
    explanation: 'The two fields hold values that cannot be carried over without loss in the declared direction.',
  },
  MAPPING_LOSSY_TYPES: {
    summary: 'Field types that fit only some values',
    explanation:
      'Most values can be carried over in the declared direction, but some cannot. A record with such a value waits in quarantine until the value is corrected.',
  },
  MAPPING_SHORTER_TARGET: {
    summary: 'Shorter target field',
    explanation:
      'The source stores longer values than the target. Values are never cut off: a record whose value is too long waits in quarantine. Make the target longer where that is possible.',
  },
  MAPPING_MISSING_OPTIONS: {
    summary: 'Options missing at the target',
    explanation:
      'The source can hold options that the target does not have. Add them to the target, or the vendor may refuse these values.',
  },
  MAPPING_READ_ONLY_TARGET: {
    summary: 'Read-only target field',
    explanation:
      'The vendor does not let anybody write this field: it is computed, belongs to a parent record, or may be given on creation only. Let the field flow away from that end, or set `createOnly` where a value may be given on creation.',
  },
  MAPPING_CONSENT_AS_FIELD: {
    summary: 'Consent mapped as a field',
    explanation:
      'A field that records consent follows the rules of consent: an opt-out is never undone. An ordinary mapping could undo one, so such fields belong in the `consent` list of the mapping.',
  },
  MAPPING_NOT_CONSENT: {
    summary: 'Field does not record consent',
    explanation:
      'An entry of the `consent` list names a field from which no permission can be read. Fields that can are subscriptions to a list and flags of which it is known which value means that the person opted out; `optedOutWhen` says it of other flags.',
  },
  MAPPING_CONSENT_AUTHORITY: {
    summary: 'Authority without evidence',
    explanation:
      'Only the end named as authority can opt a person in again, by a statement of its own. An end that has no field for the purpose, or to which consent only flows, makes no such statement.',
  },
  MAPPING_CONSENT_ADDRESS: {
    summary: 'Consent without an address',
    explanation:
      'An opt-out is remembered for the address of a person, so that it outlives the record. The address is the first match key that is compared as an e-mail address, or what `address` names.',
  },
  MAPPING_MEMBERSHIP_WITHOUT_CONSENT: {
    summary: 'Membership without its consent',
    explanation:
      'The mapping puts people into an address book, and whoever unsubscribed from it would be put into it again: a membership says nothing of that. Declare the consent of the same address book under `consent`; then nobody who left is added. Where the other end keeps no such consent, its path is `null`.',
  },
  MAPPING_LOOKS_LIKE_CONSENT: {
    summary: 'Field looks like consent',
    explanation:
      'The name of a flag speaks of consent, but it is mapped as an ordinary field: a conflict or an edit at the other end would change it back. Declare it under `consent` where it means that.',
  },
  MAPPING_MATCH_NOT_EMAIL: {
    summary: 'Match key is not an e-mail field',
    explanation:
      'The match key is compared as an e-mail address, but the field may hold something else. Records without a valid address match nobody.',
  },
  MAPPING_KEY_NOT_WRITTEN: {
    summary: 'Match key is not written',
    explanation:
      'Records may be created at this end, but no field of the mapping writes the match key there. A created record could not be found by its key later.',
  },
  MAPPING_REQUIRED_UNMAPPED: {
    summary: 'Required field is not mapped',
    explanation:
      'Records may be created at this end, and its vendor refuses a record without this field, but nothing in the mapping writes it.',
  },
  MAPPING_REQUIRED_MAY_BE_BLANK: {
    summary: 'Required field may stay blank',
    explanation:
      'The target cannot be blank, but the source can. Where it is, the vendor refuses the record. `whenBlank` names a value for this case; the value is not carried back.',
  },
  MAPPING_UNKNOWN_TRANSFORM: {
    summary: 'Unknown transform',
    explanation:
      'The name after `as` is no transform. Known are: date, datetime, datetime-date, lowercase, uppercase, trim, yes-no, true-false-text, number-text.',
  },
  MAPPING_TRANSFORM_ONE_WAY: {
    summary: 'Transform cannot be inverted',
    explanation:
      'The transform loses information, so that its result cannot be carried back. Let the field flow in one direction only.',
  },
  MAPPING_UNKNOWN_END: {
    summary: 'Unknown end',
    explanation: 'A mapping has two ends, named under `between`. Every other place refers to one of these names.',
  },
  MAPPING_UNKNOWN_FIELD: {
    summary: 'Unknown field',
    explanation:
      'The object has no field of this path, as far as it is known. A warning means that the account may still have it: plan asks the vendor. Fields that Syncline is to create are declared as resources.',
  },
  MAPPING_INVALID_ENTRY: {
    summary: 'Invalid mapping entry',
    explanation:
      'A field names a path at both ends and a flow, or a path at one end, a flow towards this end and a `value`. A match key and a consent name a path at both ends.',
  },
  MAPPING_DUPLICATE_TARGET: {
    summary: 'Field written twice',
    explanation:
      'Two entries of the mapping write the same field of the same end, so that the result would depend on their order.',
  },
  MAPPING_INVALID_DEFAULT: {
    summary: 'Invalid value for a blank',
    explanation:
      'The value under `whenBlank` must be one that the target field can store, and the end must be one that the field is written to.',
  },
  MAPPING_EXPRESSION_INVALID: {
    summary: 'Invalid expression',
    explanation:
      'Computed fields are written in CEL (Common Expression Language). Fields of the source are named as end.Field, or end["field/Name"] where the path holds blanks or slashes.',
  },
  MAPPING_EXPRESSION_LIMIT: {
    summary: 'Expression beyond the limits',
    explanation:
      'Expressions are limited so that no record can make one run for long: 2,000 characters, a nesting of 32, loops (map, filter, all, exists, exists_one) at most two deep, no regular expressions.',
  },
  MAPPING_EXPRESSION_NEEDS_VALUE: {
    summary: 'Expression fails on a blank',
    explanation:
      'The expression cannot be computed where one of its fields is blank; such a record waits in quarantine. Compare the field with null first.',
  },
} as const satisfies Record<string, CodeDeclaration>;
