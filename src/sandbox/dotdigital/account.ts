import { ok, type Answer } from './errors.ts';
import { route, type Exchange, type Route } from './exchange.ts';

export interface CallCount {
  readonly lastHour: number;
  readonly remaining: number;
}

/** Every value is a text, whatever its type says. @source apis: account information */
function accountInformation({ request }: Exchange, calls: CallCount): Answer {
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
      property('ApiEndpoint', 'String', `${request.origin}/`),
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

export function accountRoutes(calls: () => CallCount): readonly Route[] {
  return [
    route('GET', '/v2/account-info', 'high', (exchange) => accountInformation(exchange, calls())),
    route('GET', '/v2/server-time', 'high', serverTime),
  ];
}
