/**
 * Replays recorded exchanges with live orgs and compares what comes back by shape.
 * The recordings lie beside the repository; a clone without them skips this suite.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Org } from './org.ts';
import type { Body } from './org.ts';
import { DESCRIBES, NOT_REPLAYED, REPLAYS } from './replays.ts';
import type { Recording } from './replays.ts';
import { differences, orderOfKeys } from './shape.ts';
import type { ShapeRules } from './shape.ts';

const FOLDER = new URL('../../../../shared/recordings/salesforce/', import.meta.url);
const present = existsSync(FOLDER);

function load(file: string): Recording {
  return JSON.parse(readFileSync(new URL(`${file}.json`, FOLDER), 'utf8')) as Recording;
}

/** What may differ, by file. */
const RULES: Record<string, ShapeRules> = {
  'get-sobjects-account-id-200-94c2': { data: ['body'] },
  // Seven years younger: newer keys.
  'post-oauth2-token-200-f494': { optional: ['scope'] },
  'get-jobs-query-200-list-c8d9': { optional: ['nextRecordsUrl'] },
  'get-sobjects-account-200-f5ec': { data: ['recentItems'] },
};

/** Files whose rows hold fields that differ with the org: only their form of answer is compared. */
const RECORD_READS = ['get-sobjects-account-id-200-94c2', 'get-sobjects-contact-id-200-c41e', 'get-sobjects-contact-id-200-e662'];

/** Names of fields that some orgs have and this one does not. */
const OTHER_FIELDS =
  /__c$|StateCode$|CountryCode$|^Jigsaw|^DandbCompanyId$|^DunsNumber$|^Naics|^Tradestyle$|^YearStarted$|^OperatingHoursId$/;

describe.skipIf(!present)(
  'the sandbox answers as live orgs did (skipped where the recordings are not beside the repository)',
  () => {
    test('and every recording is replayed or excused', () => {
      const files = readdirSync(FOLDER).map((file) => file.replace(/\.json$/, ''));
      const known = [...Object.keys(REPLAYS), ...DESCRIBES, ...Object.keys(NOT_REPLAYED)];
      expect(known.toSorted()).toEqual(files.toSorted());
    });

    test.each(Object.entries(REPLAYS))('%s', (file, replay) => {
      const recording = load(file);
      const { response } = recording;
      const answer = replay(new Org(), recording);
      expect({ status: answer.status, body: answer.status === response.status ? '' : answer.body }).toEqual({
        status: response.status,
        body: '',
      });
      for (const name of ['location', 'last-modified', 'etag', 'sforce-limit-info']) {
        const answered = Object.keys(answer.headers).map((one) => one.toLowerCase());
        if (name in response.headers) expect(answered).toContain(name);
      }
      if (typeof response.body === 'string') {
        expect(csvForm(String(answer.body))).toEqual(csvForm(response.body));
        expect(answer.headers['Content-Type']).toBe(response.headers['content-type']);
        return;
      }
      if (RECORD_READS.includes(file)) {
        expect(recordDifferences(response.body, answer.body)).toEqual([]);
        return;
      }
      const rules: ShapeRules = RULES[file] ?? (file.includes('customobject') ? { data: ['records'] } : {});
      const compared =
        file.includes('get-query-locator') || file.includes('-rows-customobject-c')
          ? { ...rules, optional: ['AccountNumber', 'SynchronizationId__c'] }
          : rules;
      expect(differences(response.body, answer.body, compared)).toEqual([]);
      if (Array.isArray(response.body)) {
        expect(orderOfKeys(answer.body)).toEqual(orderOfKeys(response.body));
        expect(errorsOf(answer.body)).toEqual(errorsOf(response.body));
      }
    });

    test.each(DESCRIBES)('%s', (file) => {
      const recording = load(file);
      const object = /sobjects\/(\w+)\//.exec(recording.request.path)?.[1] ?? '';
      const answer = new Org().data('GET', `sobjects/${object}/describe`);
      const recorded = recording.response.body;
      const older = !('associateEntityType' in recorded);
      const newer = ['aiPredictionField', 'formulaTreatNullNumberAsZero', 'polymorphicForeignKey', 'searchPrefilterable'];
      const newerHeads = ['associateEntityType', 'associateParentEntity', 'deepCloneable', 'defaultImplementation', 'extendedBy'];
      const optional = [
        'sobjectDescribeOption',
        'developerName',
        'defaultValues',
        'approvalLayouts',
        'listviews',
        ...(older ? [...newer, ...newerHeads, 'extendsInterfaces', 'implementedBy', 'implementsInterfaces', 'isInterface'] : []),
      ];
      const { fields: recordedFields, ...recordedHead } = recorded;
      const { fields: answeredFields, ...answeredHead } = answer.body;
      expect(differences(recordedHead, answeredHead, { optional })).toEqual([]);
      expect(answer.headers).toMatchObject({ 'Last-Modified': expect.stringMatching(/GMT$/), ETag: expect.stringMatching(/^"/) });
      const wrong: string[] = [];
      for (const field of recordedFields as Body[]) {
        const name = String(field['name']);
        const own = (answeredFields as Body[]).find((one) => one['name'] === name);
        if (own === undefined) {
          if (!OTHER_FIELDS.test(name)) wrong.push(`${name}: missing`);
          continue;
        }
        wrong.push(...differences(field, own, { optional }, name));
        for (const fact of FIELD_FACTS) {
          // Picklists were 40 characters long in older versions.
          if (older && field['type'] === 'picklist' && fact.endsWith('ength')) continue;
          if (JSON.stringify(field[fact]) === JSON.stringify(own[fact]) || !(fact in field)) continue;
          wrong.push(`${name}.${fact}: recorded ${JSON.stringify(field[fact])}, answered ${JSON.stringify(own[fact])}`);
        }
      }
      expect(wrong).toEqual([]);
    });
  },
);

const FIELD_FACTS = [
  'type',
  'soapType',
  'length',
  'byteLength',
  'digits',
  'precision',
  'scale',
  'label',
  'createable',
  'updateable',
  'nillable',
  'defaultedOnCreate',
  'defaultValue',
  'permissionable',
  'unique',
  'externalId',
  'idLookup',
  'caseSensitive',
  'custom',
  'nameField',
  'filterable',
  'sortable',
  'groupable',
  'aggregatable',
  'compoundFieldName',
  'extraTypeInfo',
  'referenceTo',
  'relationshipName',
  'restrictedPicklist',
  'searchPrefilterable',
  'queryByDistance',
  'autoNumber',
];

/** Codes, fields and sentences of error bodies, without what is data in them. */
function errorsOf(body: readonly Body[]): unknown {
  const plain = (text: unknown): string =>
    String(text)
      .replaceAll(/\b[0-9A-Za-z]{3}(?=\w*\d)[0-9A-Za-z]{12}(?:[0-9A-Za-z]{3})?\b/g, '<id>')
      .replaceAll(/column:\d+/g, 'column:<n>')
      .replaceAll('"', '')
      .replaceAll(/accessible: \w+/g, 'accessible: <name>')
      .replaceAll(/found: \w+ dup/g, 'found: <name> dup')
      .replaceAll(
        /^.*: data value too large: .* \(max length=\d+\)$/g,
        '<label>: data value too large: <value> (max length=<n>)',
      );
  return body.map((row) => {
    const errors = (row['errors'] ?? []) as Body[];
    const isDuplicate = row['errorCode'] === 'DUPLICATES_DETECTED';
    const isLength = row['errorCode'] === 'STRING_TOO_LONG';
    return {
      code: row['errorCode'] ?? null,
      message: isDuplicate ? null : plain(row['message']),
      fields: isLength ? null : (row['fields'] ?? null),
      success: row['success'] ?? null,
      created: row['created'] ?? null,
      errors: errors.map((error) => [error['statusCode'], plain(error['message']), error['fields']]),
    };
  });
}

/** The header as it is, which data cells are quoted, and how lines end. */
function csvForm(csv: string): unknown {
  const [header, ...rows] = csv.split('\n');
  return {
    header,
    quoted: [...new Set(rows.map((row) => row.replaceAll(/"[^"]*"/g, 'q')))],
    endsWithLineFeed: csv.endsWith('\n'),
  };
}

/** Fields of the standard must be there, in the same form; each org has its own besides. */
function recordDifferences(recorded: Body, answered: Body): string[] {
  const known = (body: Body): Body => Object.fromEntries(Object.entries(body).filter(([name]) => !OTHER_FIELDS.test(name)));
  const optional = ['HasOptedOutOfEmail', 'HasOptedOutOfFax', 'DoNotCall', 'AccountSource', 'SicDesc'];
  return differences(known(recorded), known(answered), { optional: [...optional, 'countryCode', 'stateCode'] });
}
