/** Whether credentials and permissions suffice, and which way of marketing lists this installation has. Reads only. */
import { ProviderError } from '../../model/errors.ts';
import type { CheckFinding } from '../provider.ts';
import type { Api } from './api.ts';
import { CONTACT, kindOf, LEAD } from './catalog.ts';
import type { MarketingLists } from './marketing-lists.ts';

const EXPOSING_STEPS =
  'To read lists and their members, an administrator exposes Oro\\Bundle\\MarketingListBundle\\Entity\\MarketingList, MarketingListItem, MarketingListRemovedItem and MarketingListUnsubscribedItem in config/oro/api.yml of any bundle.';

const EXPOSED: CheckFinding = {
  severity: 'note',
  what: 'This installation exposes marketing lists: a link names one of them, and unsubscriptions from it are read.',
  hint: '',
};

export async function checkInstallation(api: Api, lists: MarketingLists): Promise<readonly CheckFinding[]> {
  const findings: CheckFinding[] = [];
  try {
    await api.call({ method: 'GET', path: '/organizations', query: { 'page[size]': 1 } });
  } catch (error) {
    findings.push(asFinding(error, 'error', 'The organisation cannot be read, by which the account is known'));
    if (!isDenied(error)) return findings;
  }
  for (const object of [CONTACT, LEAD]) {
    const { collection } = kindOf(object)!;
    try {
      await api.call({ method: 'GET', path: `/${collection}`, query: { 'page[size]': 1 } });
    } catch (error) {
      // Only contacts are taken for granted: an installation may do without the sales bundle.
      findings.push(asFinding(error, object === CONTACT ? 'error' : 'warning', `The application may not read ${collection}`));
    }
  }
  try {
    if (await lists.exposed()) findings.push(EXPOSED, ...(await checkMarks(api)));
    else {
      findings.push({
        severity: 'warning',
        what: 'This installation does not expose marketing lists: a list of people is a filter over contacts or leads here (enter.criteria of a link).',
        hint: EXPOSING_STEPS,
      });
    }
  } catch (error) {
    findings.push(asFinding(error, 'warning', 'Marketing lists are exposed, and the application may not read them'));
  }
  return findings;
}

/** Marks of lists are set by the older interface, for which an application needs a permission of its own. */
async function checkMarks(api: Api): Promise<readonly CheckFinding[]> {
  const answer = await api.callOld('GET', '/marketinglist/contact-information/entity/fields.json', [400, 403, 404]);
  if (answer.status !== 403) return [];
  return [
    {
      severity: 'warning',
      what: 'The application may not use the older REST interface: unsubscriptions from lists can be read and not be recorded.',
      hint: 'Allow the API view "default" for the application under System > User Management > OAuth Applications.',
    },
  ];
}

function isDenied(error: unknown): boolean {
  return error instanceof ProviderError && error.code === 'PROVIDER_PERMISSION_DENIED';
}

function asFinding(error: unknown, severity: CheckFinding['severity'], what: string): CheckFinding {
  if (!(error instanceof ProviderError)) throw error;
  return {
    severity,
    what: `${what}: ${error.message}`,
    hint:
      error.hint ??
      'An application has the permissions of its owner: check the role of that user, and that the application may use the API view "rest_json_api".',
  };
}
