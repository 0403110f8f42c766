import { ok, type Answer } from './errors.ts';
import { route, type Exchange, type Route } from './exchange.ts';

export interface CallCount {
  readonly lastHour: number;
  readonly remaining: number;
}

/** Every value is a text, whatever its type says. @source apis: account information */
function accountInformation({ request }: Exchange, calls: CallCount, endpoint: string | undefined): Answer {
  const property = (name: string, type: string, value: string) => ({ name, type, value });
  return ok({
    id: 1,
    properties: [
      property('Name', 'String', 'Sandbox'),
      property('MainMobilePhoneNumber', 'String', ''),
      property('MainEmail', 'String', 'owner@example.com'),
      property('AvailableEmailSendsCredits', 'Int', '100000'),
      property('ApiCallsInLastHour', 'Int', String(calls.lastHour)),
      property('ApiCallsRemaining', 'Int', String(calls.remaining)),
      property('ApiEndpoint', 'String', endpoint ?? `${request.origin}/`),
      property('TimeZoneIana', 'String', 'Europe/London'),
    ],
  });
}

function serverTime({ now }: Exchange): Answer {
  const text = new Date(now)
    .toISOString()
    .replace('T', ' ')
    .replace(/(\.\d{3})Z$/, '$1000+00:00');
  return { status: 200, headers: { 'Content-Type': 'text/plain' }, body: text };
}

/** @param endpoint the address of the account's own region; the one that was called unless given */
export function accountRoutes(calls: () => CallCount, endpoint: string | undefined): readonly Route[] {
  return [
    route('GET', '/v2/account-info', 'high', (exchange) => accountInformation(exchange, calls(), endpoint)),
    route('GET', '/v2/server-time', 'high', serverTime),
    // What was deleted leaves no trace here, so there is nothing to empty.
    route('POST', '/v2/accounts/empty-recycle-bin', 'low', () => ({ status: 202 })),
  ];
}
