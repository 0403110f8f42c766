/** Whether credentials and permissions suffice. Reads only. */
import { ProviderError } from '../../model/errors.ts';
import type { CheckFinding } from '../provider.ts';
import type { ApiClient } from './client.ts';
import type { DescribeCache, VendorObject } from './describe.ts';
import { queryRows } from './query.ts';

/** The objects that links are about; the fields that a link maps are looked for by its plan. */
const CHECKED_OBJECTS = ['Contact', 'Lead', 'Account'];

export async function checkConnection(client: ApiClient, cache: DescribeCache): Promise<readonly CheckFinding[]> {
  try {
    await client.session();
  } catch (error) {
    return [asFinding(error, 'error', 'Salesforce does not let this integration in')];
  }

  const findings: CheckFinding[] = [];
  for (const object of CHECKED_OBJECTS) {
    try {
      findings.push(...objectFindings(await cache.refresh(object)));
    } catch (error) {
      // Only Contact is taken for granted: an org, or the user's rights, may do without the others.
      findings.push(asFinding(error, object === 'Contact' ? 'error' : 'warning', `${object} cannot be read`));
      if (!(error instanceof ProviderError) || error.status !== 404) return findings;
    }
  }
  try {
    await queryRows(client, 'SELECT Id FROM CustomField LIMIT 1', '/tooling');
  } catch (error) {
    findings.push(asFinding(error, 'warning', 'Custom fields cannot be managed'));
  }
  return findings;
}

function objectFindings(object: VendorObject): CheckFinding[] {
  const findings: CheckFinding[] = [];
  const lacking = (['queryable', 'createable', 'updateable'] as const).filter((right) => !object[right]);
  if (lacking.length > 0) {
    findings.push({
      severity: object.queryable ? 'warning' : 'error',
      what: `The integration's user lacks rights on ${object.name}: it is not ${lacking.join(', not ')}.`,
      hint: `Grant read, create and edit on ${object.name} in a permission set of this user.`,
    });
  }
  if (object.name === 'Contact' && !object.fields.some((field) => field.name === 'HasOptedOutOfEmail')) {
    findings.push({
      severity: 'error',
      what: 'Contact.HasOptedOutOfEmail is hidden from the integration’s user, so that opt-outs can neither be read nor recorded.',
      hint: 'Grant read and edit on the field "Email Opt Out" in a permission set of this user (field-level security).',
    });
  }
  return findings;
}

function asFinding(error: unknown, severity: CheckFinding['severity'], what: string): CheckFinding {
  if (!(error instanceof ProviderError)) throw error;
  return {
    severity,
    what: `${what}: ${error.message}`,
    hint: error.hint ?? 'Check the permissions of the user that the integration runs as.',
  };
}
