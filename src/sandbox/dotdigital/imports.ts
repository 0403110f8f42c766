/** Imports of v2: files of comma-separated values, and their JSON twin. */
import { parse } from 'csv-parse/sync';
import { EMAIL_TYPES, OPT_IN_TYPES } from './contact.ts';
import { ok, PARAMETER_INVALID, refusedV2, type Answer } from './errors.ts';
import { route, type Exchange, type Route } from './exchange.ts';
import {
  MOST_ACTIVE_IMPORTS,
  type FaultReason,
  type ImportJob,
  type ImportQueue,
  type ImportRow,
  type MergeOption,
} from './import-job.ts';
import { Members, wordOf } from './request-body.ts';
import { writableBookAt } from './address-books.ts';

/** @source Dotdigital, bulk import contacts */
const LARGEST_FILE_BYTES = 50 * 1024 * 1024;
const MERGE_OPTIONS: readonly MergeOption[] = ['overwrite', 'overwriteIfNotEmpty', 'overwriteIfEmpty'];

type Content = { readonly text: string } | Answer;

/** The file of a request: base64 in JSON, or one part of a form. */
function contentOf({ request, body }: Exchange): Content {
  const type = request.headers['content-type'] ?? '';
  const boundary = /^multipart\/form-data\s*;.*boundary="?([^";]+)"?/i.exec(type)?.[1];
  if (boundary === undefined) {
    const data = body.text('data');
    return data === ''
      ? { status: 400, body: { message: 'file must be valid' } }
      : { text: Buffer.from(data, 'base64').toString('utf8') };
  }
  const files = request.body
    .toString('utf8')
    .split(`--${boundary}`)
    .flatMap((part) => {
      const head = /\r?\n\r?\n/.exec(part);
      if (head === null || !/filename=/i.test(part.slice(0, head.index))) return [];
      return [part.slice(head.index + head[0].length).replace(/\r?\n$/, '')];
    });
  if (files.length > 1) return refusedV2('ERROR_MULTI_FILE_UPLOAD_NOT_ALLOWED');
  return files.length === 0 ? { status: 400, body: { message: 'file must be valid' } } : { text: files[0]! };
}

function rowsOf(text: string, books: readonly number[]): { readonly header: string[]; readonly rows: ImportRow[] } | Answer {
  let cells: string[][];
  try {
    cells = parse(text, { bom: true, relax_column_count: true, skip_empty_lines: true });
  } catch {
    return refusedV2('ERROR_IMPORT_UNSUPPORTED_FORMAT');
  }
  const header = cells.shift() ?? [];
  const names = header.map((name) => name.trim().toUpperCase());
  const email = names.indexOf('EMAIL');
  if (email === -1) return refusedV2('ERROR_NO_EMAIL_COLUMN');
  const rows = cells.map((line): ImportRow => {
    const fields = new Map<string, unknown>();
    for (const [index, name] of names.entries()) if (!NO_FIELDS.has(name)) fields.set(name, line[index] ?? '');
    return {
      email: line[email] ?? '',
      matchIdentifier: 'email',
      optInType: wordOf(line[names.indexOf('OPTINTYPE')], OPT_IN_TYPES),
      emailType: wordOf(line[names.indexOf('EMAILTYPE')], EMAIL_TYPES),
      fields,
      books,
      cells: line,
    };
  });
  return { header, rows };
}

const NO_FIELDS: ReadonlySet<string> = new Set(['EMAIL', 'OPTINTYPE', 'EMAILTYPE', 'ORIGINID']);

function importFile(queue: ImportQueue, ofBook: boolean) {
  return (exchange: Exchange): Answer => {
    const book = ofBook ? writableBookAt(exchange) : undefined;
    if (book !== undefined && 'status' in book) return book;
    const option = exchange.parameters[ofBook ? 1 : 0];
    const mergeOption = option === undefined ? 'overwrite' : MERGE_OPTIONS[Number(option)];
    if (mergeOption === undefined) return refusedV2(PARAMETER_INVALID);
    if (exchange.request.body.length > LARGEST_FILE_BYTES) return refusedV2('ERROR_IMPORT_UNSUPPORTED_FORMAT');
    const content = contentOf(exchange);
    if ('status' in content) return content;
    const read = rowsOf(content.text, book === undefined ? [] : [book.id]);
    return 'status' in read ? read : submit(queue, exchange, read.header, read.rows, mergeOption);
  };
}

function importCollection(queue: ImportQueue) {
  return (exchange: Exchange): Answer => {
    const { body, store } = exchange;
    const books = body.list('addressBookIds').map(Number);
    for (const id of books) {
      const book = store.books.get(id);
      if (book === undefined) return refusedV2('ERROR_ADDRESSBOOK_NOT_FOUND', 404);
      if (book.builtIn) return refusedV2('ERROR_ADDRESSBOOK_NOTWRITABLE', 400, 'Address book cannot be written to via the API.');
    }
    const given = body.any('mergeOption') ?? 0;
    const mergeOption = typeof given === 'number' ? MERGE_OPTIONS[given] : wordOf(given, MERGE_OPTIONS);
    if (mergeOption === undefined || body.list('contacts').length === 0) return refusedV2(PARAMETER_INVALID);
    const header = ['email', ...store.fields.keys()];
    const rows = body.list('contacts').map((entry): ImportRow => {
      const contact = new Members(entry);
      const fields = new Map<string, unknown>();
      for (const pair of contact.list('dataFields').map((one) => new Members(one)))
        fields.set(pair.text('key').toUpperCase(), pair.any('value'));
      const email = contact.text('email');
      return {
        email,
        matchIdentifier: 'email',
        optInType: wordOf(contact.any('optInType'), OPT_IN_TYPES),
        emailType: wordOf(contact.any('emailType'), EMAIL_TYPES),
        fields,
        books,
        cells: [email, ...header.slice(1).map((name) => textOf(fields.get(name)))],
      };
    });
    return submit(queue, exchange, header, rows, mergeOption);
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

function submit(
  queue: ImportQueue,
  exchange: Exchange,
  header: readonly string[],
  rows: readonly ImportRow[],
  mergeOption: MergeOption,
): Answer {
  if (queue.active >= MOST_ACTIVE_IMPORTS) return refusedV2('ERROR_IMPORT_TOOMANYACTIVEIMPORTS');
  const partial = exchange.request.partial && rows.length > 1;
  const job = queue.submit({ framework: 'v2', header, rows, mergeOption, partial }, exchange.now);
  return { status: 202, body: { id: job.id, status: job.status } };
}

function jobAt(queue: ImportQueue, { parameters }: Exchange): ImportJob | undefined {
  return queue.get(parameters[0]!);
}

function status(queue: ImportQueue) {
  return (exchange: Exchange): Answer => {
    const job = jobAt(queue, exchange);
    return job === undefined ? refusedV2('ERROR_IMPORT_NOT_FOUND', 404) : ok({ id: job.id, status: job.status });
  };
}

function notReady(): Answer {
  return refusedV2('ERROR_IMPORT_REPORT_NOT_FOUND', 404, 'Import is not processed yet or completed with error.');
}

const COUNTED: Readonly<Record<string, FaultReason | undefined>> = {
  globallySuppressed: 'Globally Suppressed',
  invalidEntries: 'Invalid Email',
  duplicateEmails: 'Duplicate',
  blocked: undefined,
  unsubscribed: 'Unsubscribed',
  hardBounced: 'Hard bounced',
  softBounced: undefined,
  ispComplaints: 'Complained to ISP',
  mailBlocked: 'Mail blocked',
  domainSuppressed: 'Suppressed by Domain',
  pendingDoubleOptin: undefined,
  failures: 'Failures',
};

function report(queue: ImportQueue) {
  return (exchange: Exchange): Answer => {
    const outcome = jobAt(queue, exchange)?.outcome;
    if (outcome === undefined || jobAt(queue, exchange)!.status !== 'Finished') return notReady();
    const count = (reason: FaultReason | undefined): number => outcome.faults.filter((fault) => fault.reason === reason).length;
    const counts = Object.fromEntries(Object.entries(COUNTED).map(([name, reason]) => [name, count(reason)]));
    const suppressed = outcome.faults.filter(({ contact }) => contact !== undefined && contact.status !== 'Subscribed').length;
    return ok({
      newContacts: outcome.created.length,
      updatedContacts: outcome.updated.length,
      ...counts,
      suppressedContacts: suppressed,
    });
  };
}

/** A file with a byte order mark; the columns are those that were sent. */
function faults(queue: ImportQueue) {
  return (exchange: Exchange): Answer => {
    const job = jobAt(queue, exchange);
    if (job?.outcome === undefined || !queue.keepsFaults(job, exchange.now)) return notReady();
    const lines = [['Reason', ...job.header], ...job.outcome.faults.map(({ reason, row }) => [reason, ...row.cells])];
    const text = lines.map((line) => `${line.map(cell).join(',')}\n`).join('');
    return { status: 200, headers: { 'Content-Type': 'text/csv' }, body: `\uFEFF${text}` };
  };
}

function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function importRoutes(queue: ImportQueue): readonly Route[] {
  return [
    route('POST', '/v2/contacts/import', 'low', importFile(queue, false)),
    route('POST', '/v2/contacts/import/with-merge-option/{option}', 'low', importFile(queue, false)),
    route('POST', '/v2/address-books/{id}/contacts/import', 'low', importFile(queue, true)),
    route('POST', '/v2/address-books/{id}/contacts/import/with-merge-option/{option}', 'low', importFile(queue, true)),
    route('POST', '/v2/contacts/import-collection', 'low', importCollection(queue)),
    route('GET', '/v2/contacts/import/{id}', 'unlimited', status(queue)),
    route('GET', '/v2/contacts/import/{id}/report', 'unlimited', report(queue)),
    route('GET', '/v2/contacts/import/{id}/report-faults', 'unlimited', faults(queue)),
  ];
}
