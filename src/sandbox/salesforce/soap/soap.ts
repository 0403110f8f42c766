/**
 * The partner SOAP API, as far as REST has no counterpart: log in, who am I, merge, undelete,
 * convert a lead, empty the recycle bin.
 */
import type { SandboxRequest } from '../../vendor.ts';
import { Refusal, refuseWith } from '../api-error.ts';
import { OAuth, USERNAME } from '../auth/oauth.ts';
import type { Sessions } from '../auth/sessions.ts';
import { canonicalId, shortId } from '../data/ids.ts';
import { insertRecord, mergeRecords, PLAIN_SAVE, stampValues, undeleteRecord, write } from '../data/records.ts';
import type { Organization } from '../data/organization.ts';
import type { Table } from '../data/table.ts';
import type { Answer } from '../rest/call.ts';
import type { StoredValue } from '../schema/field.ts';
import { dayOf } from '../data/instants.ts';
import { element, elementsOf, operationOf, textOf } from './xml.ts';

export interface SoapWorkspace {
  readonly org: Organization;
  readonly sessions: Sessions;
}

const XML = { 'Content-Type': 'text/xml;charset=UTF-8' };

/** `POST /services/Soap/{c|u|m}/{version}` */
export function answerSoap(workspace: SoapWorkspace, request: SandboxRequest): Answer {
  const { org, sessions } = workspace;
  const xml = request.body.toString('utf8');
  const operation = operationOf(xml) ?? '(none)';
  try {
    if (operation === 'login') return succeed('login', login(workspace, request, xml));
    if (!sessions.isLive(textOf(xml, 'sessionId') ?? undefined)) {
      return fault('INVALID_SESSION_ID', 'Invalid Session ID found in SessionHeader: Illegal Session');
    }
    switch (operation) {
      case 'getUserInfo':
        return succeed(operation, `<result>${userInfo(org)}</result>`);
      case 'getServerTimestamp':
        return succeed(operation, `<result>${element('timestamp', new Date(org.stamp()).toISOString())}</result>`);
      case 'logout':
        sessions.revoke(textOf(xml, 'sessionId') ?? '');
        return succeed(operation, '');
      case 'merge':
        return succeed(
          operation,
          elementsOf(xml, 'mergeRequests')
            .map((one) => result(org, () => merge(org, one)))
            .join(''),
        );
      case 'undelete':
        return succeed(
          operation,
          elementsOf(xml, 'ids')
            .map((id) => result(org, () => undelete(org, id)))
            .join(''),
        );
      case 'emptyRecycleBin':
        return succeed(
          operation,
          elementsOf(xml, 'ids')
            .map((id) => result(org, () => purge(org, id)))
            .join(''),
        );
      case 'convertLead':
        return succeed(
          operation,
          elementsOf(xml, 'leadConverts')
            .map((one) => result(org, () => convert(org, one)))
            .join(''),
        );
      default:
        return fault('INVALID_OPERATION', `The sandbox does not answer the SOAP operation ${operation}`);
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return fault(error.error.errorCode, error.error.message);
  }
}

function envelope(status: number, body: string): Answer {
  const text = `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com" xmlns:sf="urn:fault.partner.soap.sforce.com" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>${body}</soapenv:Body></soapenv:Envelope>`;
  return { status, headers: XML, body: text };
}

function succeed(operation: string, content: string): Answer {
  return envelope(200, `<${operation}Response>${content}</${operation}Response>`);
}

function fault(code: string, message: string): Answer {
  const detail = `<detail><sf:UnexpectedErrorFault xsi:type="sf:UnexpectedErrorFault">${element('sf:exceptionCode', code)}${element('sf:exceptionMessage', message)}</sf:UnexpectedErrorFault></detail>`;
  return envelope(
    500,
    `<soapenv:Fault>${element('faultcode', code)}${element('faultstring', `${code}: ${message}`)}${detail}</soapenv:Fault>`,
  );
}

function login({ org, sessions }: SoapWorkspace, request: SandboxRequest, xml: string): string {
  if (!OAuth.isLogin(textOf(xml, 'username') ?? '', textOf(xml, 'password') ?? '')) {
    return refuseWith(500, 'INVALID_LOGIN', 'Invalid username, password, security token; or user locked out.');
  }
  const version = /\/(\d+\.\d+)/.exec(request.path)?.[1] ?? '62.0';
  const address = (kind: string): string => `${request.origin}/services/Soap/${kind}/${version}/${shortId(org.id)}`;
  return [
    '<result>',
    element('metadataServerUrl', address('m')),
    element('passwordExpired', false),
    element('sandbox', true),
    element('serverUrl', address('u')),
    element('sessionId', sessions.newAccessToken()),
    element('userId', org.userId),
    `<userInfo>${userInfo(org)}</userInfo>`,
    '</result>',
  ].join('');
}

function userInfo(org: Organization): string {
  const users = org.tableOfPath('User');
  const organizations = org.tableOfPath('Organization');
  const user = users.rowOf(org.userId) ?? 0;
  const facts: Record<string, string | number | boolean | null> = {
    accessibilityMode: false,
    currencySymbol: '$',
    orgAttachmentFileSizeLimit: 5_242_880,
    orgDefaultCurrencyIsoCode: 'USD',
    orgDisallowHtmlAttachments: false,
    orgHasPersonAccounts: false,
    organizationId: org.id,
    organizationMultiCurrency: false,
    organizationName: String(organizations.get(organizations.rowOf(org.id) ?? 0, 'Name')),
    profileId: org.profileId,
    roleId: null,
    sessionSecondsValid: 7_200,
    userDefaultCurrencyIsoCode: null,
    userEmail: USERNAME,
    userFullName: String(users.get(user, 'Name')),
    userId: org.userId,
    userLanguage: 'en_US',
    userLocale: 'en_US',
    userName: USERNAME,
    userTimeZone: 'GMT',
    userType: 'Standard',
    userUiSkin: 'Theme3',
  };
  return Object.entries(facts)
    .map(([name, value]) => element(name, value))
    .join('');
}

/** One `result`: what the operation answers, or its error with everything taken back. */
function result(org: Organization, work: () => string): string {
  let content = '';
  org.atomically(() => {
    try {
      content = `<result>${work()}${element('success', true)}</result>`;
      return true;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { errorCode, message } = error.error;
      content = `<result><errors>${element('message', message)}${element('statusCode', errorCode)}</errors>${element('success', false)}</result>`;
      return false;
    }
  });
  return content;
}

function recordOf(org: Organization, text: string): { table: Table; row: number } {
  const id = canonicalId(text.trim()) ?? '';
  for (const table of org.tables.values()) {
    const row = table.schema.tooling ? undefined : table.rowOf(id);
    if (row !== undefined) return { table, row };
  }
  return refuseWith(400, 'INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id');
}

const MOST_LOSERS = 2;

function merge(org: Organization, request: string): string {
  const [master = ''] = elementsOf(request, 'masterRecord');
  const losers = elementsOf(request, 'recordToMergeIds');
  const { table, row } = recordOf(org, textOf(master, 'Id') ?? '');
  if (!['Account', 'Contact', 'Lead'].includes(table.schema.name))
    refuseWith(400, 'INVALID_TYPE', `${table.schema.name} cannot be merged`);
  if (losers.length === 0 || losers.length > MOST_LOSERS)
    refuseWith(400, 'INVALID_NUM_RECORDS', 'Up to three records are merged at once');
  const rows = losers.map((id) => recordOf(org, id));
  const unfit = rows.some((one) => one.table !== table || one.row === row || table.isDeleted(one.row));
  if (unfit || table.isDeleted(row)) refuseWith(400, 'ENTITY_IS_DELETED', 'entity is deleted');
  mergeRecords(
    org,
    table,
    row,
    rows.map((one) => one.row),
  );
  return `${element('id', table.ids[row] ?? '')}${losers.map((id) => element('mergedRecordIds', canonicalId(id.trim()))).join('')}`;
}

function undelete(org: Organization, id: string): string {
  const { table, row } = recordOf(org, id);
  undeleteRecord(org, table, row);
  return element('id', table.ids[row] ?? '');
}

function purge(org: Organization, id: string): string {
  const { table, row } = recordOf(org, id);
  if (!table.isDeleted(row)) refuseWith(400, 'DELETE_FAILED', 'Entity is not in the recycle bin');
  table.remove(row);
  table.purged.add(row);
  return element('id', table.ids[row] ?? '');
}

/** Makes a contact, an account and, unless refused, an opportunity out of a lead. Custom fields do not flow over. */
function convert(org: Organization, request: string): string {
  const { table, row } = recordOf(org, textOf(request, 'leadId') ?? '');
  if (table.schema.name !== 'Lead') refuseWith(400, 'INVALID_ID_FIELD', 'not a lead');
  if (table.get(row, 'IsConverted') === true) refuseWith(400, 'CANNOT_UPDATE_CONVERTED_LEAD', 'cannot reference converted lead');
  const read = (name: string): StoredValue => table.get(row, name);
  const contacts = org.tableOfPath('Contact');
  const accountId =
    textOf(request, 'accountId') || insertRecord(org, org.tableOfPath('Account'), { Name: read('Company') }, PLAIN_SAVE);
  const person = [
    'FirstName',
    'LastName',
    'Salutation',
    'Email',
    'Phone',
    'MobilePhone',
    'Fax',
    'Title',
    'LeadSource',
    'HasOptedOutOfEmail',
  ];
  const values = Object.fromEntries(person.map((name) => [name, read(name)]));
  const contactId = textOf(request, 'contactId') || insertRecord(org, contacts, { ...values, AccountId: accountId }, PLAIN_SAVE);
  const name = textOf(request, 'opportunityName') || String(read('Company'));
  const opportunity = { Name: name, StageName: 'Prospecting', CloseDate: dayOf(org.clock.now()), AccountId: accountId };
  const none = textOf(request, 'doNotCreateOpportunity') === 'true';
  const opportunityId = none ? null : insertRecord(org, org.tableOfPath('Opportunity'), opportunity, PLAIN_SAVE);
  const converted = new Map<string, StoredValue>([
    ['IsConverted', true],
    ['ConvertedDate', dayOf(org.clock.now())],
    ['ConvertedAccountId', accountId],
    ['ConvertedContactId', contactId],
    ['ConvertedOpportunityId', opportunityId],
    ['Status', textOf(request, 'convertedStatus') || 'Closed - Converted'],
  ]);
  stampValues(org, table, converted, org.stamp());
  write(org, table, row, converted);
  const leadId = table.ids[row] ?? '';
  return [
    element('accountId', accountId),
    element('contactId', contactId),
    element('leadId', leadId),
    element('opportunityId', opportunityId),
  ].join('');
}
