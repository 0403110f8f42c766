import { BulkAPI2, RESULTTYPE } from 'node-sf-bulk2';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSalesforceSandbox } from '../../../src/sandbox/salesforce/sandbox.ts';
import { startSandbox } from '../../../src/sandbox/server.ts';
import type { RunningSandbox } from '../../../src/sandbox/server.ts';

let sandbox: RunningSandbox;
let bulk: BulkAPI2;

beforeAll(async () => {
  sandbox = await startSandbox({ vendors: [createSalesforceSandbox], basePort: 0, seed: 3, records: 50 });
  const instanceUrl = sandbox.origins['salesforce'] ?? '';
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'sandbox', client_secret: 'sandbox' });
  const answer = (await (await fetch(`${instanceUrl}/services/oauth2/token`, { method: 'POST', body })).json()) as {
    access_token: string;
  };
  bulk = new BulkAPI2({ accessToken: answer.access_token, instanceUrl, apiVersion: '62.0' });
});

afterAll(async () => {
  await sandbox.close();
});

/** Headers and rows of a file whose cells hold no line ends. */
function rowsOf(csv: string): string[][] {
  const lines = csv.trimEnd().split('\n');
  return lines.map((line) => line.split(',').map((cell) => cell.replaceAll(/^"|"$/g, '')));
}

test('the stranger pages through the result of a query job', async () => {
  const job = await bulk.submitBulkQueryJob({ query: 'SELECT Id FROM Contact', operation: 'query' });
  expect(job.state).toBe('UploadComplete');
  sandbox.clock.advance(1_500);
  expect((await bulk.getBulkQueryJobInfo(job.id)).state).toBe('InProgress');
  sandbox.clock.advance(60_000);
  const info = await bulk.getBulkQueryJobInfo(job.id);
  expect(info.state).toBe('JobComplete');

  const ids: string[] = [];
  let locator: string | undefined;
  let pages = 0;
  do {
    const page = await bulk.getBulkQueryResults(job.id, locator, 15);
    const [header, ...rows] = rowsOf(String(page.data));
    expect(header).toEqual(['Id']);
    ids.push(...rows.map((row) => row[0] ?? ''));
    const next = String(page.headers['sforce-locator']);
    locator = next === 'null' ? undefined : next;
    pages += 1;
  } while (locator !== undefined);

  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.length).toBe([...(sandbox.vendor('salesforce').dump('Contact') ?? [])].length);
  expect(pages).toBe(Math.ceil(ids.length / 15));
  const chunks = await bulk.getBulkQueryResultPages(job.id);
  const whole = await bulk.getResultPage(chunks.resultChunks[0]?.resultLink ?? '');
  expect(rowsOf(String(whole.data))).toHaveLength(ids.length + 1);
  await bulk.deleteBulkQueryJob(job.id);
  await expect(bulk.getBulkQueryJobInfo(job.id)).rejects.toThrow('404');
});

test('the stranger upserts by e-mail, and reads what became of each row', async () => {
  const job = await bulk.createDataUploadJob({
    object: 'Contact',
    operation: 'upsert',
    externalIdFieldName: 'Email',
    lineEnding: 'LF',
  });
  const csv = 'Email,LastName,Title\nnew@example.com,New,#N/A\nnew2@example.com,,x\n';
  expect(await bulk.uploadJobData(job.contentUrl, csv)).toBe(201);
  await bulk.closeOrAbortJob(job.id, 'UploadComplete');
  sandbox.clock.advance(60_000);
  expect(await bulk.getIngestJobInfo(job.id)).toMatchObject({
    state: 'JobComplete',
    numberRecordsProcessed: 2,
    numberRecordsFailed: 1,
  });
  const done = await bulk.getResults(job.id, RESULTTYPE.successfulResults);
  expect(done).toMatch(/^"sf__Id","sf__Created",Email,LastName,Title\n"003\w{15}","true","new@example.com","New","#N\/A"\n$/);
  const failed = await bulk.getResults(job.id, RESULTTYPE.failedResults);
  expect(failed).toContain('"","REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --","new2@example.com"');
  expect(await bulk.getResults(job.id, RESULTTYPE.unprocessedrecords)).toBe('Email,LastName,Title\n');
});

test('a job sent together with its content starts at once', async () => {
  const job = await bulk.createDataUploadJobWithData(
    { object: 'Account', operation: 'insert', contentType: 'CSV', lineEnding: 'LF' },
    'Name\nMultipart Inc',
  );
  expect(job.state).toBe('UploadComplete');
  sandbox.clock.advance(60_000);
  expect(await bulk.getIngestJobInfo(job.id)).toMatchObject({
    state: 'JobComplete',
    numberRecordsProcessed: 1,
    numberRecordsFailed: 0,
  });
  const listed = await bulk.getAllIngestJobInfo({ jobType: 'V2Ingest' } as never);
  expect(listed.records.map((one) => one.id)).toContain(job.id);
});

test('a column that nobody may see fails the whole job', async () => {
  const job = await bulk.createDataUploadJob({ object: 'Contact', operation: 'insert' });
  await bulk.uploadJobData(job.contentUrl, 'LastName,Hidden__c\nA,1\n');
  await expect(bulk.uploadJobData(job.contentUrl, 'LastName\nA\n')).rejects.toThrow('400');
  await bulk.closeOrAbortJob(job.id, 'UploadComplete');
  sandbox.clock.advance(60_000);
  const info = await bulk.getIngestJobInfo(job.id);
  expect(info).toMatchObject({ state: 'Failed', errorMessage: 'InvalidBatch : Field name not found : Hidden__c' });
  expect(await bulk.getResults(job.id, RESULTTYPE.unprocessedrecords)).toBe('LastName,Hidden__c\n"A","1"\n');
});

test('a deleting job takes records away, and an aborted one leaves them', async () => {
  const { records } = await fetchIds();
  for (const [state, expected] of [
    ['Aborted', false],
    ['UploadComplete', true],
  ] as const) {
    const job = await bulk.createDataUploadJob({ object: 'Contact', operation: 'delete' });
    await bulk.uploadJobData(job.contentUrl, `Id\n${records[0]}\n`);
    await bulk.closeOrAbortJob(job.id, state);
    sandbox.clock.advance(60_000);
    const row = [...(sandbox.vendor('salesforce').dump('Contact') ?? [])].find((one) => one['Id'] === records[0]);
    expect(row?.['IsDeleted']).toBe(expected);
  }
});

async function fetchIds(): Promise<{ records: string[] }> {
  const contacts = [...(sandbox.vendor('salesforce').dump('Contact') ?? [])];
  return { records: contacts.map((one) => String(one['Id'])) };
}
