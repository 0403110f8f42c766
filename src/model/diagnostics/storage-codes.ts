import type { CodeDeclaration } from './codes.ts';

export const STORAGE_CODES = {
  STORAGE_LOCKED: {
    summary: 'Error acquiring the state lock',
    explanation: 'Another process works on this state. Wait for it, or remove a lock whose holder is gone with force-unlock.',
  },
  STORAGE_LOCK_LOST: {
    summary: 'State lock lost',
    explanation:
      'The lock that this run held was removed or taken by somebody else, so nothing more is written. Run again once nobody else works on this state; the run continues where it stopped.',
  },
  STORAGE_LOCK_NOT_FOUND: {
    summary: 'No such lock',
    explanation:
      'A lock can only be removed by its own id, so that nobody removes a lock that he has not seen. The message names the lock that is held now, if there is one.',
  },
  STORAGE_LOCK_UNREADABLE: {
    summary: 'Unreadable lock',
    explanation:
      'The lock file holds something that no version of Syncline writes, or that a newer version wrote. Find out who made it before it is removed by hand.',
  },
  STORAGE_BUSY: {
    summary: 'Storage busy',
    explanation:
      'Another process held the storage for longer than a moment. It may be stopped, or the disk may be very slow. Run again.',
  },
  STORAGE_WRITE_FAILED: {
    summary: 'Storage cannot be written',
    explanation:
      'The operating system refused to write a file of the storage: the disk is full, read-only or broken, or permissions are missing. What was stored before is still intact.',
  },
  STORAGE_READ_FAILED: {
    summary: 'Storage cannot be read',
    explanation: 'The operating system refused to read a file of the storage.',
  },
  STORAGE_UNSAFE_FILE: {
    summary: 'Unsafe file',
    explanation:
      'A file of the storage is a symbolic link, is not a plain file, belongs to another user, or may be read or written by others. Its content is not trusted.',
  },
  STATE_UNREADABLE: {
    summary: 'State unreadable',
    explanation: 'The state file is no complete JSON document: it was cut off or edited by hand. Nothing is guessed from it.',
  },
  STATE_INVALID: {
    summary: 'State invalid',
    explanation: 'The state file is JSON, but not a state: a field is missing or has the wrong type.',
  },
  STATE_DIGEST_MISMATCH: {
    summary: 'State was changed outside Syncline',
    explanation:
      'The digest in the state does not belong to its content: the file was edited by hand or damaged. Use state mv, state rm, or state pull and state push to change a state.',
  },
  STATE_NEWER_FORMAT: {
    summary: 'State of a newer version',
    explanation: 'The state was written by a newer version of Syncline, whose format this version does not know.',
  },
  STATE_LINEAGE_MISMATCH: {
    summary: 'State of another lineage',
    explanation: 'The two states do not descend from each other, so one must never replace the other.',
  },
  STATE_STACK_MISMATCH: {
    summary: 'State of another stack',
    explanation: 'The state belongs to another stack: applying to it would change the accounts of another environment.',
  },
  STATE_STALE_SERIAL: {
    summary: 'State has moved on',
    explanation:
      'The state was written by somebody else since it was read, so the change was not stored. Run again: it starts from what is stored now.',
  },
  STATE_FORKED: {
    summary: 'Two states of one serial',
    explanation:
      'Both states descend from the same one and differ, so each lacks what the other knows. Find out which of them is right before one replaces the other.',
  },
  STATE_ROLLED_BACK: {
    summary: 'State is older than what was worked with',
    explanation:
      'The ledger has seen a later serial than that of the state. What was applied since would be taken for never applied, and made a second time.',
  },
  STATE_RESCUED: {
    summary: 'State kept in a rescue file',
    explanation:
      'Objects were made or changed at a vendor, and then the state could not be written. What it should say was kept in errored.state.json; state push puts it in place.',
  },
  STATE_MOVE_REFUSED: {
    summary: 'State cannot be changed like this',
    explanation:
      'state mv renames a resource, a link or a mapping; state rm forgets what nothing else in the state needs and what no open call concerns.',
  },
  STATE_MOVED: {
    summary: 'State moved to another backend',
    explanation:
      'State, ledger and audit log go on in one place only, so that nobody is created twice and no opt-out is forgotten. Work there, or finish the move where it was interrupted.',
  },
  LEDGER_MISSING: {
    summary: 'Ledger missing',
    explanation:
      'The ledger knows which records belong together, what was agreed on and who opted out. Without it, deletions and opt-outs since the first sync are forgotten, so it is not made anew without being told.',
  },
  AUDIT_UNREADABLE: {
    summary: 'Audit log unreadable',
    explanation: 'The last complete line of the audit log is no event. New events could not be chained to it.',
  },
  STORAGE_KEY_MISSING: {
    summary: 'Key missing',
    explanation:
      'Stored personal data was written under a key that is not at hand. It is refused rather than taken for changed data.',
  },
  STORAGE_KEY_INVALID: {
    summary: 'Invalid key',
    explanation: 'A key is 32 bytes in base64, given by SYNCLINE_KEY or by a line of the key file.',
  },
  STORAGE_DECRYPTION_FAILED: {
    summary: 'Stored value cannot be decrypted',
    explanation: 'An encrypted value was changed, cut off, or moved to another place since it was written.',
  },
  LEDGER_LINEAGE_MISMATCH: {
    summary: 'Ledger of another lineage',
    explanation: 'State and ledger were not written together. Mixing them would match records against the wrong history.',
  },
  LEDGER_FORMAT: {
    summary: 'Ledger format too new',
    explanation: 'The ledger was written by a newer version of Syncline.',
  },
  LEDGER_DAMAGED: {
    summary: 'Damaged ledger',
    explanation: 'The ledger file cannot be read as a database.',
  },
  STORAGE_UNKNOWN_BACKEND: {
    summary: 'Unknown backend',
    explanation:
      'State and ledger are kept in a folder, file:PATH, or in a schema of a database, postgres://USER:PASSWORD@HOST/DATABASE?schema=NAME.',
  },
  STORAGE_UNREACHABLE: {
    summary: 'Database unreachable',
    explanation:
      'The PostgreSQL server that keeps state and ledger did not answer, or refused user, password, database or rights. What was written before is kept; a lock that was held is free again, since it ends with its connection.',
  },
  STORAGE_LOCK_TAKEN_OVER: {
    summary: 'Lock taken over',
    explanation: 'The process that held the lock is gone, so its lock was replaced. What it left unfinished is continued.',
  },
} as const satisfies Record<string, CodeDeclaration>;
