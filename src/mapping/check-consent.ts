/** Judges what a mapping says of consent: nothing that is let through could widen it. */
import type { FieldDescription } from '../model/value.ts';
import { recordsConsent } from './consent.ts';
import { described, type CheckOptions } from './described-field.ts';
import type { ConsentEntry, Ends } from './entries.ts';
import { otherEnd } from './field.ts';
import type { Findings } from './findings.ts';
import type { EndName, KnownFields } from './mapping.ts';
import type { SpecificationPath } from './specification.ts';

/** Names that people give to fields and tags by which they keep consent. */
const CONSENT_WORDS = /opt(?:ed)?[ _-]?(?:in|out)|unsub|do[ _-]?not[ _-]?(?:e?-?mail|contact|call|track)|consent|gdpr/i;

export function checkConsent(
  entry: ConsentEntry,
  ends: Ends,
  fields: KnownFields,
  options: CheckOptions,
  findings: Findings,
): void {
  for (const end of ends) {
    const path = entry.paths[end];
    if (path !== undefined)
      checkField(
        entry,
        end,
        path,
        ends,
        described(end, path, ['consent', entry.index, end], fields, options, findings),
        findings,
      );
    const address = described(end, entry.addresses[end]!, ['consent', entry.index], fields, options, findings);
    if (address !== undefined && ['boolean', 'set', 'consent', 'integer', 'decimal', 'date', 'datetime'].includes(address.type)) {
      findings.error(
        'MAPPING_CONSENT_ADDRESS',
        ['consent', entry.index, 'address'],
        `${end}.${address.path} is of the type ${address.type} and holds no e-mail address.`,
      );
    }
  }
  const at = ['consent', entry.index, 'authority'];
  const { authority } = entry;
  if (entry.paths[authority] === undefined) {
    findings.error(
      'MAPPING_CONSENT_AUTHORITY',
      at,
      `"${authority}" has no field for the purpose "${entry.purpose}", so it cannot tell who opts in again.`,
      `let "${otherEnd(ends, authority)}" be the authority`,
    );
  } else if (entry.targets.length === 1 && entry.targets[0] === authority) {
    findings.error(
      'MAPPING_CONSENT_AUTHORITY',
      at,
      `Consent flows to "${authority}" only, so its own opt-ins are not evidence of anything.`,
      `let "${otherEnd(ends, authority)}" be the authority, or let consent flow to-${otherEnd(ends, authority)}`,
    );
  }
}

function checkField(
  entry: ConsentEntry,
  end: EndName,
  path: string,
  ends: Ends,
  description: FieldDescription | undefined,
  findings: Findings,
): void {
  if (description === undefined) return;
  const at = ['consent', entry.index, end];
  const declared = entry.optedOutWhen[end];
  if (declared !== undefined && (description.type !== 'boolean' || (description.optedOutWhen ?? declared) !== declared)) {
    const means =
      description.type === 'boolean'
        ? `its vendor says that ${String(description.optedOutWhen)} means an opt-out`
        : `it is of the type ${description.type}, which says so itself`;
    findings.error(
      'MAPPING_NOT_CONSENT',
      ['consent', entry.index, 'optedOutWhen', end],
      `${end}.${path} takes no optedOutWhen: ${means}.`,
    );
  } else if (declared === undefined && !recordsConsent(description)) {
    findings.error(
      'MAPPING_NOT_CONSENT',
      at,
      `${end}.${path} is of the type ${description.type}, from which no permission can be read.`,
      description.type === 'boolean' ? `say which value means an opt-out: optedOutWhen: { ${end}: true }` : undefined,
    );
  }
  if (description.parent !== undefined) {
    findings.error(
      'MAPPING_NOT_CONSENT',
      at,
      `${end}.${path} belongs to the parent record ${description.parent}, and not to the person.`,
    );
  } else if (entry.targets.includes(end) && !description.updateable) {
    findings.error(
      'MAPPING_READ_ONLY_TARGET',
      at,
      `${end}.${path} cannot be written, so an opt-out could not reach it.`,
      `let consent flow one way: flow: to-${otherEnd(ends, end)}`,
    );
  }
}

/** A boolean whose name speaks of consent: as an ordinary field it would follow the conflict policy and not the rules of consent. */
export function warnOfLikelyConsent(
  end: EndName,
  description: FieldDescription | undefined,
  at: SpecificationPath,
  findings: Findings,
): void {
  if (description?.type !== 'boolean' || !CONSENT_WORDS.test(description.path)) return;
  findings.warning(
    'MAPPING_LOOKS_LIKE_CONSENT',
    at,
    `By its name, ${end}.${description.path} records a person's consent; as an ordinary field it can be changed back.`,
    `if it does, declare it under "consent", with optedOutWhen: { ${end}: true }`,
  );
}
