import type { CodeDeclaration } from './codes.ts';

export const LEDGER_CODES = {
  LEDGER_UNKNOWN_PERSON: {
    summary: 'Nobody goes by this key',
    explanation:
      'The ledger finds a person by the id of one of their records or by their present match key, which is usually the e-mail address. Who never entered a link, or was forgotten, is unknown to it.',
  },
  LEDGER_AMBIGUOUS_KEY: {
    summary: 'Several persons go by this key',
    explanation:
      'Two vendors may give one id to different people, and several records may carry one address. Name the end whose id it is with --end, or use another key.',
  },
  LEDGER_UNKNOWN_RUN: {
    summary: 'Unknown run',
    explanation: 'The ledger knows no run by this id, or several whose ids begin with it. List them with syncline runs.',
  },
  LEDGER_UNKNOWN_FIELD: {
    summary: 'Unknown field',
    explanation: 'The mapping of the link has no field of this name at either end.',
  },
  KEY_ROTATION_UNSETTLED: {
    summary: 'Calls without an answer',
    explanation:
      'Under a new key every hash is made anew from the values that are known. What an open call was made from is not known until it is answered, so a cycle has to settle it first.',
  },
  UNDO_NO_VALUES: {
    summary: 'No values to take back',
    explanation:
      'A link with retain: hashes remembers that a field was written and not what, so there is nothing to put back. Set retain: values before a run that may have to be undone.',
  },
  UNDO_UNFINISHED: {
    summary: 'Writes without an answer',
    explanation:
      'Some calls of an earlier run were never answered, so it is not known what the records hold. A cycle reads them back; undo the run afterwards.',
  },
  UNDO_LINK_UNKNOWN: {
    summary: 'Link not applied any more',
    explanation: 'What a run wrote is taken back by the link that wrote it, and that link is not applied any more.',
  },
} as const satisfies Record<string, CodeDeclaration>;
