/** Enrolling contacts in programs, which is rationed by the hour. @source programs.yaml */
import { ok, PARAMETER_INVALID, refusedV2, type Answer } from './errors.ts';
import { route, type Exchange, type Route } from './exchange.ts';
import { jobId } from './identifiers.ts';
import { pageOf } from './paging.ts';
import { PROGRAMS } from './programs.ts';

const HOUR_MS = 60 * 60_000;
const AN_HOUR = 20;
const MOST_BOOKS = 10;
/** How long an enrolment takes, in ms. */
const TAKES_MS = 60_000;

interface Enrolment {
  readonly id: string;
  readonly programId: number;
  readonly contacts: readonly number[];
  readonly addressBooks: readonly number[];
  /** In ms. */
  readonly at: number;
}

function statusOf({ at }: Enrolment, now: number): 'Processing' | 'Finished' {
  return now - at < TAKES_MS ? 'Processing' : 'Finished';
}

function form(enrolment: Enrolment, now: number): Readonly<Record<string, unknown>> {
  const { id, programId, contacts, addressBooks, at } = enrolment;
  return { id, programId, status: statusOf(enrolment, now), dateCreated: new Date(at).toISOString(), contacts, addressBooks };
}

export class Enrolments {
  readonly #enrolments = new Map<string, Enrolment>();

  create({ body, now }: Exchange): Answer {
    const program = PROGRAMS.find(({ id }) => id === Number(body.any('programId')));
    if (program === undefined) return refusedV2('ERROR_PROGRAM_NOT_FOUND', 404);
    if (program.status !== 'Active') return refusedV2('ERROR_PROGRAM_NOT_ACTIVE', 422);
    const [contacts, addressBooks] = [body.list('contacts').map(Number), body.list('addressBooks').map(Number)];
    if (contacts.length + addressBooks.length === 0 || addressBooks.length > MOST_BOOKS) return refusedV2(PARAMETER_INVALID);
    // The space at the end is the vendor's own.
    if ([...this.#enrolments.values()].filter(({ at }) => now - at < HOUR_MS).length >= AN_HOUR)
      return refusedV2('ERROR_ENROLMENT_ALLOWANCE_EXCEEDED ');
    const id = jobId('enrolment', this.#enrolments.size + 1, now);
    const made = { id, programId: program.id, contacts, addressBooks, at: now };
    this.#enrolments.set(id, made);
    return { status: 201, body: form(made, now) };
  }

  /** One by its id, or a list of those in a state. */
  get(exchange: Exchange): Answer {
    const { now, parameters } = exchange;
    const given = parameters[0]!.toLowerCase();
    if (given !== 'processing' && given !== 'finished') {
      const found = this.#enrolments.get(given);
      return found === undefined ? notFound() : ok(form(found, now));
    }
    const listed = [...this.#enrolments.values()].filter((one) => statusOf(one, now).toLowerCase() === given);
    return pageOf(exchange, listed, (one) => form(one, now));
  }

  faults({ now, parameters }: Exchange): Answer {
    const found = this.#enrolments.get(parameters[0]!.toLowerCase());
    if (found === undefined) return notFound();
    if (statusOf(found, now) === 'Processing') return refusedV2('ERROR_ENROLMENT_IS_PROCESSING');
    return { status: 200, headers: { 'Content-Type': 'text/csv' }, body: 'Id,Email,TelephoneNumber,Reason\n' };
  }
}

function notFound(): Answer {
  return refusedV2('ERROR_ENROLMENT_NOT_FOUND', 404);
}

export function enrolmentRoutes(enrolments: Enrolments): readonly Route[] {
  return [
    route('POST', '/v2/programs/enrolments', 'low', (exchange) => enrolments.create(exchange)),
    route('GET', '/v2/programs/enrolments/{idOrStatus}', 'medium', (exchange) => enrolments.get(exchange)),
    route('GET', '/v2/programs/enrolments/{id}/report-faults', 'medium', (exchange) => enrolments.faults(exchange)),
  ];
}
