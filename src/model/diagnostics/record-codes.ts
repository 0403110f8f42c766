import type { CodeDeclaration } from './codes.ts';

export const RECORD_CODES = {
  COMMAND_LINE_INVALID: {
    summary: 'Invalid command line',
    explanation:
      'The command, a flag or an argument is unknown, missing or malformed. Every command explains itself with --help.',
  },
  APPLY_NEEDS_APPROVAL: {
    summary: 'Approval needed',
    explanation:
      'A plan is carried out only when a person typed yes, when it was saved and reviewed, or when --auto-approve was given.',
  },
  SHOW_STATE_FORMAT: {
    summary: 'No such format of the state',
    explanation: 'The state is shown as text or json; a saved plan also as markdown or html.',
  },
  STATE_UNKNOWN_ADDRESS: {
    summary: 'Unknown address',
    explanation: 'The state holds nothing under this address.',
  },
  SANDBOX_FAILED: {
    summary: 'The sandbox could not start',
    explanation: 'Most often another program listens on one of its ports: choose others with --base-port.',
  },
  EXPLAIN_UNKNOWN: {
    summary: 'Nothing to explain',
    explanation: 'The subject is neither a code nor a setting.',
  },
  INTERNAL_ERROR: {
    summary: 'Internal error',
    explanation: 'Syncline met something that it should never meet. Run with --log-level debug and report what it prints.',
  },
  CHECK_UNKNOWN_INTEGRATION: {
    summary: 'Unknown integration',
    explanation: 'The configuration declares no integration of this name.',
  },
  LOGIN_UNKNOWN_INTEGRATION: {
    summary: 'Unknown integration',
    explanation: 'The configuration declares no integration of this name.',
  },
  LOGIN_NOT_OFFERED: {
    summary: 'No signing on in the browser',
    explanation:
      'Some vendors have a single sign-on for their web application, by an OAuth client that the integration names under signOn. The others are reached by the credentials of the integration alone.',
  },
  LOGIN_PORT_TAKEN: {
    summary: 'Port cannot be listened on',
    explanation: 'The browser comes back to a port of this machine, which another program uses, or which needs more rights.',
  },
  LOGIN_TIMED_OUT: {
    summary: 'Nobody came back',
    explanation:
      'After a person has agreed, the vendor sends the browser back to this machine. Answers without the state of this very attempt are refused and do not count.',
  },
  LOGIN_REFUSED: {
    summary: 'Signing on was refused',
    explanation: 'The person did not agree, or the vendor does not know the client or the address to come back to.',
  },
  INIT_UNKNOWN_EXAMPLE: {
    summary: 'Unknown example',
    explanation: 'init copies one of the examples that come with Syncline.',
  },
  INIT_FOLDER_NOT_EMPTY: {
    summary: 'Folder holds configuration',
    explanation: 'init never overwrites configuration.',
  },
  FOLDER_UNUSABLE: {
    summary: 'No folder to work in',
    explanation:
      'Where init or -C is given a folder, a file lies in its place or on the way to it, or the system lets no folder be made there.',
  },
  PLAN_UNREADABLE: {
    summary: 'No saved plan',
    explanation: 'The file is not a plan that this version of Syncline saved.',
  },
  PLAN_TAMPERED: {
    summary: 'Saved plan was changed',
    explanation: 'The digest of the file does not fit its content. A plan is applied as it was reviewed or not at all.',
  },
  PLAN_UNKNOWN_TARGET: {
    summary: 'Unknown target',
    explanation:
      '--target names what the configuration declares or the state holds, as Kind/name. A plan of nothing would look like one without changes.',
  },
  POLICY_CONDITION_INVALID: {
    summary: 'Condition that cannot be judged',
    explanation:
      'A condition of a policy is an expression in CEL that is true or false. It reads the plan, as `plan --json` prints it, under the name `plan`; loops nest three deep at most, and there are no regular expressions.',
  },
  POLICY_REFUSED: {
    summary: 'Refused by a policy',
    explanation:
      'The plan breaks a mandatory policy, or one that could not be judged because records were not read. Nothing was written. Policies are documents of the configuration: whoever may change them decides.',
  },
  PLAN_STALE: {
    summary: 'Saved plan is stale',
    explanation:
      'Configuration, state or remote objects have moved since the plan was made, or it is older than seven days. Plan again and review what is different.',
  },
  SYNC_UNKNOWN_ADDRESS: {
    summary: 'Unknown address',
    explanation: 'No applied specification has this address. What runs is what was applied, not what a checkout says.',
  },
  SYNC_NOTHING_APPLIED: {
    summary: 'Nothing applied yet',
    explanation: 'sync and verify work on applied links. Apply a configuration first.',
  },
  LINK_PAUSED: {
    summary: 'Link is paused',
    explanation:
      'The link or one of its integrations is paused, by its YAML (active: false) or by command. Changes at its ends wait until it is resumed; nothing is lost.',
  },
  CAMPAIGN_NO_PART: {
    summary: 'No place for campaigns',
    explanation:
      'A campaign import reads from a vendor that reports campaigns and records them at one that has a place for them, on records of an object that carries activities.',
  },
  CAMPAIGN_BOOK_MISSING: {
    summary: 'No such address book',
    explanation:
      'A campaign import names an address book that the account does not have. What was sent to the others is imported; this one is looked for again by every run.',
  },
  CAMPAIGN_STATES_KEPT: {
    summary: 'List states are not written',
    explanation:
      'Who leaves an address book is unsubscribed from the marketing list of the CRM, if the installation shows it. Until it does, opt-outs are remembered, and no link opts these people in.',
  },
  CAMPAIGN_UNKNOWN: {
    summary: 'No such campaign',
    explanation:
      'A campaign import has a history of its campaigns: what was sent, what became of it, and which run recorded it. It keeps none of single people.',
  },
  HISTORY_KEY_MISSING: {
    summary: 'Whose history?',
    explanation:
      'The history of a link is told of one person at a time, who is named by an id at either end or by the match key. That of a campaign import is told of its campaigns.',
  },
  CAMPAIGN_RECORDS_GONE: {
    summary: 'Deleted records have activities',
    explanation:
      'Somebody deleted records in the CRM of people who did something with a campaign. There is nothing to record it on: it is kept, told of once, and recorded if a record with the address appears again.',
  },
  CAMPAIGN_PARTS_KEPT: {
    summary: 'Parts of campaigns are kept by Syncline',
    explanation:
      'The interface of the CRM has no place for everything that belongs to a campaign. What it cannot hold stays, encrypted, in the ledger.',
  },
  LINK_RENAMED: {
    summary: 'Link under another name',
    explanation:
      'A link is removed and one that connects the same objects is added. The ledger knows a link by its address, so that a new address begins anew; state mv takes along what is known.',
  },
  PAUSE_UNKNOWN_ADDRESS: {
    summary: 'Nothing to pause',
    explanation: 'Links and integrations can be paused and resumed, as they were last applied.',
  },
  QUARANTINE_UNKNOWN_KEY: {
    summary: 'Not in quarantine',
    explanation: 'No record of this link waits in quarantine under this key: neither a match key nor an id at one of the ends.',
  },
  LINK_SCOPE_INVALID: {
    summary: 'Invalid rule of who enters',
    explanation:
      'Who enters a link from an end is told by a boolean field, by an expression that is true or false, or by the time of creation where the vendor tells it.',
  },
  LINK_ARCHIVE_INVALID: {
    summary: 'Invalid value of an archived record',
    explanation:
      'What an end declares under archive is written to a record as it is: the account must let the field be written, and the value must be of its type. Archiving never gives consent.',
  },
  RESOURCE_REPLACE_LOSES_DATA: {
    summary: 'Replacement that loses data',
    explanation:
      'The vendor cannot change the object, so that it would be deleted and made anew, and what people hold in it would be lost for good. `allowReplace: true` on the resource lets that happen; links then fill in what they carry.',
  },
  LINK_NO_LISTS: {
    summary: 'No such lists',
    explanation:
      'An address book link takes people from a marketing list of one system to an address book of another. The integration that it names has no such thing, or none that is made of this object.',
  },
  LINK_BOOK_BUILT_IN: {
    summary: 'Address book of every account',
    explanation:
      'The address books that every account has cannot be linked: one holds all contacts, so that leaving it would mean nothing, and one is for test sends. Link an address book of your own, and declare it as a Resource where it does not exist yet.',
  },
  LINK_LIST_LINKED_TWICE: {
    summary: 'List or address book linked twice',
    explanation:
      'One marketing list is linked to one address book, and one address book to one marketing list, by whichever kind of link: with two, each would take out of the book whom the other puts into it.',
  },
  LINK_LIST_WITHOUT_EMAIL: {
    summary: 'List without an e-mail address',
    explanation:
      'Only lists of records with an e-mail address can be linked to an address book: contacts are found and made by it. `email` names the field, where it is not the one that the vendor has for it.',
  },
  LINK_CREATION_INCOMPLETE: {
    summary: 'Creation without a required field',
    explanation:
      'With `createEntities`, somebody who is found in the address book only is created in the CRM. Each field that the CRM requires has to flow both ways then, or the record could not be made.',
  },
  RECORD_LINK_INVALID: {
    summary: 'Link cannot run',
    explanation: 'The fields of the accounts do not fit the mapping any more. The messages before this one name them.',
  },
  RESOURCE_EXISTS: {
    summary: 'Resource exists already',
    explanation:
      'The vendor holds an object under this natural key that Syncline did not create. It is never taken over silently.',
  },
  RESOURCE_IMPORT_MISSING: {
    summary: 'Nothing to import',
    explanation: 'The vendor has no object of this type with the id that was given. Ids are those of the vendor, not names.',
  },
  RESOURCE_IMPORT_DIFFERS: {
    summary: 'Import of something else',
    explanation:
      'What is imported has to be what the resource declares, as far as the vendor cannot change it in place: an import never replaces an object.',
  },
  RESOURCE_IMPORT_CONFLICT: {
    summary: 'Imported already',
    explanation:
      'A resource is one object, and an object is managed by one resource. `state list` and `state show` tell which one it is.',
  },
  RESOURCE_IMPORT_UNDECLARED: {
    summary: 'Import of what is not declared',
    explanation:
      'An object is imported as a resource of the configuration, which says what is managed of it. `generate` writes such documents.',
  },
  GENERATE_FILE: {
    summary: 'File cannot be written',
    explanation: '`generate --out` makes a new file and never writes over one: what stands there may be the work of a person.',
  },
  RESOURCE_CANNOT_DESTROY: {
    summary: 'Object cannot be deleted',
    explanation:
      "The vendor's interface has no way to delete an object of this type. It can leave the state; a person deletes it at the vendor.",
  },
  RESOURCE_PREVENT_DESTROY: {
    summary: 'Resource is protected',
    explanation: 'A resource with preventDestroy cannot be destroyed, also after its block was removed.',
  },
  RECORD_AMBIGUOUS_MATCH: {
    summary: 'Ambiguous match',
    explanation:
      'Several records carry the same match key. Syncline never guesses which one is meant: say so (`syncline conflicts resolve`), merge them or give one another key.',
  },
  RECORD_CREATE_OVERWRITES: {
    summary: 'A new record could be written over another one',
    explanation:
      'The vendor knows records by a key of its own, and a create under a key that is taken writes over the record that has it. Where that key is no match key, a record that belongs to somebody else would be overwritten.',
  },
  RECORD_NEWEST_UNKNOWN: {
    summary: 'Newest edit cannot be told',
    explanation:
      'The policy `newest` compares when people edited a record last. A time that also moves by writes of Syncline, by tagging or by the vendor itself would let the wrong end win, so that both ends must tell a time of people alone. None of the vendors that are known so far does.',
  },
  RESOLUTION_INVALID: {
    summary: 'Resolution cannot be recorded',
    explanation:
      'A resolution names a conflict that waits, by its id or by the person and the field, and one of the two ends of the link; or an ambiguous record, and which unlinked candidate at the other end is the same person. Of several resolutions all are recorded, or none.',
  },
  RESOLUTION_FILE_UNREADABLE: {
    summary: 'File of resolutions unreadable',
    explanation: 'The file does not exist, or this user may not read it.',
  },
  RECORD_RESOLUTION_VOID: {
    summary: 'Resolution is void',
    explanation:
      'A person decided about a conflict, and one of the two values was changed again before a cycle could carry the decision out. Nothing was written: the conflict waits with its new values.',
  },
  RECORD_GUARD: {
    summary: 'Refused by a guard',
    explanation:
      'The cycle would change more than its guards allow, so nothing was written. If the change is meant, allow this one cycle with the command that the message shows.',
  },
  PLAN_GUARD_REMEMBERED: {
    summary: 'Guard outlives its block',
    explanation:
      'A guard that was declared once holds until the configuration names another limit for it, so that removing a line, or a link and adding it again, loosens nothing unseen. `none` takes it away.',
  },
  RECORD_CEILING: {
    summary: 'Beyond the ceiling of the plan',
    explanation:
      'Records have moved so far since planning that applying would change more than the plan allowed. Nothing was written: plan again.',
  },
  RECORD_WRONG_ACCOUNT: {
    summary: 'Wrong account',
    explanation:
      'The credentials lead to another account than the one that the stack declares or that was used before. Nothing was written. Ids and agreed values of one account mean nothing in another one: the message counts what the stack keeps of the former, and names the commands that forget it where that account is gone for good.',
  },
  RECORD_FIELD_MISSING: {
    summary: 'Field missing',
    explanation:
      'A mapped field does not exist in the account. Where the vendor does not tell, it may also be hidden from the credentials of the integration.',
  },
  RECORD_FIELD_HIDDEN: {
    summary: 'Field hidden',
    explanation:
      'A mapped field exists in the account, and the user of the integration may not see it. Nothing is read or written without it: an empty value would look like an edit. Grant the access again, or take the field out of the mapping.',
  },
  RECORD_EMPTY_END: {
    summary: 'Empty end',
    explanation:
      'An end that held linked records lists none at all. That is more often a broken filter, permission or account than a mass deletion.',
  },
} as const satisfies Record<string, CodeDeclaration>;
