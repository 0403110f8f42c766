import { ok, refusedV2, type Answer } from './errors.ts';
import { route, type Exchange, type Route } from './exchange.ts';
import { pageOf } from './paging.ts';

export const PROGRAMS = [
  { id: 1, name: 'Birthday program', status: 'Active', dateCreated: '2024-01-01T09:40:18.527Z' },
  { id: 2, name: 'Win back', status: 'Draft', dateCreated: '2024-06-01T09:40:18.527Z' },
];

function getProgram({ parameters }: Exchange): Answer {
  const program = PROGRAMS.find(({ id }) => id === Number(parameters[0]));
  return program === undefined ? refusedV2('ERROR_PROGRAM_NOT_FOUND', 404) : ok(program);
}

export const programRoutes: readonly Route[] = [
  route('GET', '/v2/programs', 'medium', (exchange) => pageOf(exchange, PROGRAMS, (program) => program)),
  route('GET', '/v2/programs/{id}', 'high', getProgram),
];
