import type { CodeDeclaration } from './codes.ts';

export const CONFIG_CODES = {
  // --- files ---------------------------------------------------------------------------------
  CONFIG_FILE_TOO_LARGE: {
    summary: 'Configuration file too large',
    explanation:
      'A configuration file may have 1 MiB. A larger one is not read at all: it is hardly configuration. Split it, or move it out of the folder.',
  },
  CONFIG_TOO_MANY_FILES: {
    summary: 'Too many configuration files',
    explanation:
      'A configuration folder may hold 500 YAML files. Usually the command runs in the wrong folder: name the right one with -C.',
  },
  CONFIG_FILE_UNREADABLE: {
    summary: 'Configuration file unreadable',
    explanation:
      'A file or folder of the configuration could not be read. Nothing is planned from half a configuration, since what is missing would look like something to remove.',
  },
  CONFIG_OUTSIDE_ROOT: {
    summary: 'Path leaves the configuration folder',
    explanation:
      'Symbolic links and relative paths stay inside the configuration folder, so that a configuration from elsewhere cannot read files of this machine. Absolute paths are allowed for files of secrets only.',
  },
  CONFIG_INVALID_ENCODING: {
    summary: 'Invalid file encoding',
    explanation: 'Configuration files are UTF-8 without control characters; a byte order mark at the start is tolerated.',
  },
  // --- YAML ----------------------------------------------------------------------------------
  CONFIG_INVALID_YAML: {
    summary: 'Invalid YAML',
    explanation:
      'The file is not YAML 1.2. Only the first fault of a document is reported, since the others tend to follow from it.',
  },
  CONFIG_TOO_DEEP: {
    summary: 'Values nested too deep',
    explanation: 'Maps and lists may be nested 64 levels deep. No setting needs more than ten.',
  },
  CONFIG_TOO_MANY_ALIASES: {
    summary: 'Too many aliases',
    explanation:
      'A document may use 50 aliases, and they may unfold into 10,000 values: more than that is how a small file fills all memory.',
  },
  CONFIG_CIRCULAR_ALIAS: {
    summary: 'Circular alias',
    explanation: 'An alias that stands inside the value of its own anchor describes a value without end.',
  },
  CONFIG_MERGE_KEY: {
    summary: 'Unsupported merge key',
    explanation:
      'The merge key << belongs to YAML 1.1. Programs disagree on what it means, so it is refused rather than guessed: write the settings out, or use an alias for the whole value.',
  },
  CONFIG_DUPLICATE_KEY: {
    summary: 'Duplicate key',
    explanation: 'One key stands twice in the same map. Which one is meant cannot be known.',
  },
  CONFIG_FORBIDDEN_KEY: {
    summary: 'Forbidden key',
    explanation:
      'The keys __proto__, constructor and prototype have a meaning for JavaScript programs that read the file. No setting is called that.',
  },
  CONFIG_UNKNOWN_TAG: {
    summary: 'Unknown YAML tag',
    explanation:
      'Tags such as !secret or !include belong to other programs. Secrets are written as { env: NAME } or { file: path }.',
  },
  CONFIG_AMBIGUOUS_NUMBER: {
    summary: 'Ambiguous number',
    explanation:
      'A value without quotes is read as a number and would lose what makes it one of its kind: leading zeros, a plus sign, digits beyond the 16th, its notation. Quote it where it is text (a phone number, an id); write it as a plain decimal number where it is one.',
  },
  // --- documents -----------------------------------------------------------------------------
  CONFIG_UNSUPPORTED_VERSION: {
    summary: 'Unsupported apiVersion',
    explanation: 'This release reads apiVersion: syncline/v1. Documents without an apiVersion of Syncline are left alone.',
  },
  CONFIG_MISSING_VERSION: {
    summary: 'Document without apiVersion',
    explanation: 'The document looks like one of Syncline, but without apiVersion: syncline/v1 it is left alone.',
  },
  CONFIG_MISPLACED_DOCUMENT: {
    summary: 'Document in the wrong file',
    explanation:
      'Cases for mappings (kind MappingTest) stand in files named *.test.yaml, where only `syncline test` looks for them; everything else stands in other files.',
  },
  CONFIG_UNKNOWN_KIND: {
    summary: 'Unknown kind',
    explanation: 'There is no such kind of document. `syncline explain KIND` describes one.',
  },
  CONFIG_UNKNOWN_KEY: {
    summary: 'Unsupported setting',
    explanation: 'There is no setting of this name in this place. `syncline explain KIND.path` lists those that there are.',
  },
  CONFIG_UNEXPECTED_KEY: {
    summary: 'Setting without meaning here',
    explanation: 'The setting exists, but means nothing together with the other settings beside it.',
  },
  CONFIG_MISSING_KEY: {
    summary: 'Missing setting',
    explanation: 'A required setting is missing.',
  },
  CONFIG_WRONG_TYPE: {
    summary: 'Wrong type of value',
    explanation:
      'The value is text where a number belongs, a list where a map belongs, and the like. Words that YAML takes for something else (true, 007, null) are text when they are quoted.',
  },
  CONFIG_INVALID_VALUE: {
    summary: 'Invalid value',
    explanation: 'The value has the right type, but is none that the setting allows.',
  },
  CONFIG_INVALID_NAME: {
    summary: 'Invalid name',
    explanation:
      'Names consist of lower-case letters, digits, dashes and dots, 63 at most, and begin and end with a letter or digit. Names of ends have no dashes or dots.',
  },
  CONFIG_INVALID_DURATION: {
    summary: 'Invalid duration',
    explanation: 'Durations are ISO 8601 with days, hours, minutes and seconds: PT10M, PT1H, P1D.',
  },
  CONFIG_LITERAL_SECRET: {
    summary: 'Secret written as a literal',
    explanation:
      'Secrets never stand in configuration files, which end up in version control. Write { env: NAME } or { file: path } instead. A secret that was committed is known: replace it at the vendor too.',
  },
  CONFIG_INVALID_ENDPOINT: {
    summary: 'Invalid endpoint',
    explanation:
      'An endpoint is an https address of the vendor, without user, query and fragment. Credentials are sent there, so other hosts are refused. A stack with rehearsal: true may name any http or https address.',
  },
  CONFIG_ENVIRONMENT_VALUE: {
    summary: 'Value from the environment',
    explanation:
      'Stacks are literal, so that version control shows which account a stack means. Only a stack with rehearsal: true may take values from the environment.',
  },
  // --- references ----------------------------------------------------------------------------
  CONFIG_DUPLICATE_ADDRESS: {
    summary: 'Duplicate name',
    explanation: 'Two documents of one kind have the same name.',
  },
  CONFIG_UNKNOWN_REFERENCE: {
    summary: 'Reference to something that does not exist',
    explanation: 'The configuration holds no document of this kind and name.',
  },
  CONFIG_CIRCULAR_DEPENDENCY: {
    summary: 'Circular dependency',
    explanation: 'Resources that depend on each other in a circle have no order in which they could be made.',
  },
  CONFIG_STILL_DECLARED: {
    summary: 'Moved or removed, and still declared',
    explanation:
      'A Moved document names an address that nothing has any more, and a Removed one a resource that was taken out. As long as a document of that address is there, it is what counts.',
  },
  CONFIG_LIFECYCLE_CONFLICT: {
    summary: 'Contradicting documents',
    explanation:
      'What was applied under one address can go to one place only: it moves, or it is removed; and an address takes over what was one thing before, or one object that is imported.',
  },
  CONFIG_PROVIDER_MISMATCH: {
    summary: 'Resource type of another provider',
    explanation:
      "The type of a resource begins with its integration's provider: an integration with Salesforce holds salesforce/... only.",
  },
  CONFIG_UNKNOWN_END: {
    summary: 'Unknown end',
    explanation: "The ends of a mapping are those that its `between` names; a link's ends carry the same names.",
  },
  CONFIG_END_MISMATCH: {
    summary: 'End does not match the mapping',
    explanation: 'The integration and object of a link end must be the provider and object that the mapping names for it.',
  },
  CONFIG_INCOMPLETE_FIELD: {
    summary: 'Incomplete field',
    explanation:
      'A field of a mapping names a path at both ends, or a path at the end that is written and the `value` that is written there.',
  },
  CONFIG_COMPUTED_BOTH_WAYS: {
    summary: 'Computed field that flows both ways',
    explanation:
      'An expression cannot be inverted, so a field with a `value` flows to one end. A two-way field names a transform instead.',
  },
  CONFIG_FIELD_WRITTEN_TWICE: {
    summary: 'Field written twice',
    explanation: 'Two entries of one mapping write the same field, so each would undo the other.',
  },
  CONFIG_CONFLICT_POLICY: {
    summary: 'Contradictory conflict policy',
    explanation:
      'A setting under `conflicts` says nothing under the policy that stands beside it. `unlessBlank`, `while` and `unit` tell how one end is preferred; `unit: record` needs `while: pending`; with `policy: manual` a person decides and no end is preferred.',
  },
  CONFIG_CONTESTED_FIELD: {
    summary: 'Field written by two links',
    explanation:
      'Two links that write the same field of the same object would take turns for ever. Name the field under `owns` of one of them; the other then leaves it alone.',
  },
  CONFIG_MISSING_FLOW: {
    summary: 'Missing flow',
    explanation: 'The mapping writes fields in a direction for which the link has no flow.',
  },
  CONFIG_MISSING_ARCHIVE: {
    summary: 'Missing archive values',
    explanation:
      'A rule that archives the record of an end needs to know which values an archived record holds: archive, at that end.',
  },
  CONFIG_IMPORTED_TWICE: {
    summary: 'Imported twice',
    explanation:
      'Of one address book, one campaign import records what was sent to it, and a campaign is part of one merge: otherwise its activities would be recorded twice.',
  },
  CONFIG_LINK_TO_ITSELF: {
    summary: 'Link of an object with itself',
    explanation: 'The two ends of a link are different objects, or objects of different integrations.',
  },
  // --- stacks and secrets --------------------------------------------------------------------
  CONFIG_SEVERAL_DEFAULT_STACKS: {
    summary: 'Several default stacks',
    explanation: 'One stack at most says default: true.',
  },
  CONFIG_NO_STACK: {
    summary: 'No stack',
    explanation: 'The configuration holds no Stack document, which says where each integration is reached.',
  },
  CONFIG_UNKNOWN_STACK: {
    summary: 'Unknown stack',
    explanation: 'The configuration holds no stack of the name given with --stack or SYNCLINE_STACK.',
  },
  CONFIG_STACK_NOT_CHOSEN: {
    summary: 'No stack chosen',
    explanation: 'There are several stacks and none is the default. Name one with --stack or SYNCLINE_STACK.',
  },
  CONFIG_MISSING_ENDPOINT: {
    summary: 'Missing endpoint',
    explanation: 'Every stack says where each active integration is reached, unless the integration says so itself.',
  },
  CONFIG_MISSING_SECRET: {
    summary: 'Missing secret',
    explanation: 'The environment variable or file that an integration takes a secret from is not set, missing or empty.',
  },
  CONFIG_READABLE_SECRET_FILE: {
    summary: 'Secret file readable by others',
    explanation: 'Every user of this machine can read the file that holds a secret.',
  },
} as const satisfies Record<string, CodeDeclaration>;
