import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseAdvance, type RunningClock } from './clock.ts';
import type { CallLog } from './calls.ts';
import { parseFaults, type FaultList } from './faults.ts';
import { decodeSegment } from './request.ts';
import { SandboxError } from './sandbox-error.ts';
import type { SandboxRequest, VendorSandbox } from './vendor.ts';

/** Paths below this one steer the sandbox; they are never counted, faulted or limited. */
export const CONTROL_PREFIX = '/__sandbox/';

/** The data a sandbox starts from. */
export interface SeedChoice {
  readonly seed: number;
  /** How many people there are over all vendors together. */
  readonly records: number;
}

/** What the control paths of one vendor's server act on. */
export interface ControlTarget {
  readonly vendor: VendorSandbox;
  readonly clock: RunningClock;
  readonly faults: FaultList;
  calls(): CallLog;
  /** Puts this vendor's data, tokens, ids, calls and faults back, and the clock that all vendors share. */
  reset(choice: SeedChoice): void;
  readonly startedWith: SeedChoice;
}

const MAX_RECORDS = 1_000_000;
const DUMP_CHUNK_CHARACTERS = 64 * 1024;

/** Answers one control call. A request that makes no sense is answered with 400 and the reason. */
export async function answerControl(target: ControlTarget, request: SandboxRequest, outgoing: ServerResponse): Promise<void> {
  outgoing.sendDate = false;
  outgoing.setHeader('Date', new Date(target.clock.now()).toUTCString());
  try {
    const action = request.path.slice(CONTROL_PREFIX.length);
    if (action.startsWith('dump/')) await dump(target, request, decodeSegment(action.slice('dump/'.length)), outgoing);
    else sendJson(outgoing, ...act(target, request, action));
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error;
    sendJson(outgoing, 400, { error: error.message });
  }
}

function act(target: ControlTarget, request: SandboxRequest, action: string): [status: number, body: unknown] {
  switch (`${request.method} ${action}`) {
    case 'POST reset': {
      const choice = parseSeedChoice(parseBody(request), target.startedWith);
      target.reset(choice);
      return [200, choice];
    }
    case 'GET calls':
      return [200, { calls: target.calls().list() }];
    case 'POST faults':
      target.faults.replace(parseFaults(parseBody(request)));
      return [200, target.faults.list()];
    case 'GET faults':
      return [200, target.faults.list()];
    case 'POST clock':
      target.clock.advance(parseAdvance(advanceOf(parseBody(request))));
      return [200, shownClock(target.clock)];
    case 'GET clock':
      return [200, shownClock(target.clock)];
    default: {
      const known = ['reset', 'calls', 'faults', 'clock'].includes(action);
      return known
        ? [405, { error: `${request.path} does not answer ${request.method}.` }]
        : [404, { error: `There is no control path ${request.path}.` }];
    }
  }
}

/** Streamed in chunks, so that a dump of any size needs no string of its own. */
async function dump(target: ControlTarget, request: SandboxRequest, object: string, outgoing: ServerResponse): Promise<void> {
  if (request.method !== 'GET') {
    sendJson(outgoing, 405, { error: `${request.path} does not answer ${request.method}.` });
    return;
  }
  const rows = target.vendor.dump(object);
  if (rows === undefined) {
    sendJson(outgoing, 404, { error: `${target.vendor.name} has no object ${JSON.stringify(object)}.` });
    return;
  }
  outgoing.statusCode = 200;
  outgoing.setHeader('Content-Type', 'application/x-ndjson; charset=utf-8');
  await pipeline(Readable.from(chunksOfLines(rows), { objectMode: true, highWaterMark: 1 }), outgoing);
}

function* chunksOfLines(rows: Iterable<Readonly<Record<string, unknown>>>): Generator<string> {
  let chunk = '';
  for (const row of rows) {
    chunk += `${JSON.stringify(row)}\n`;
    if (chunk.length < DUMP_CHUNK_CHARACTERS) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}

function shownClock(clock: RunningClock): unknown {
  return { now: new Date(clock.now()).toISOString(), virtual: clock.virtual };
}

function parseBody(request: SandboxRequest): unknown {
  if (request.body.length === 0) return {};
  try {
    return JSON.parse(request.body.toString('utf8')) as unknown;
  } catch (error) {
    throw new SandboxError('SANDBOX_INVALID_CONTROL', 'The body is not JSON.', { cause: error });
  }
}

function parseSeedChoice(body: unknown, byDefault: SeedChoice): SeedChoice {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new SandboxError('SANDBOX_INVALID_CONTROL', 'reset: expected an object {seed, records}.');
  }
  const given = body as { readonly seed?: unknown; readonly records?: unknown };
  const unknown = Object.keys(body).find((key) => key !== 'seed' && key !== 'records');
  if (unknown !== undefined) {
    throw new SandboxError('SANDBOX_INVALID_CONTROL', `reset: unknown key ${JSON.stringify(unknown)}; expected seed, records.`);
  }
  return checkSeedChoice({ seed: given.seed ?? byDefault.seed, records: given.records ?? byDefault.records });
}

/**
 * Checks the numbers that a sandbox's data is made from.
 *
 * @throws SandboxError SANDBOX_INVALID_CONTROL
 */
export function checkSeedChoice(choice: { readonly seed: unknown; readonly records: unknown }): SeedChoice {
  return {
    seed: wholeNumber('seed', choice.seed, Number.MAX_SAFE_INTEGER),
    records: wholeNumber('records', choice.records, MAX_RECORDS),
  };
}

function wholeNumber(name: string, value: unknown, most: number): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= most) return value;
  throw new SandboxError('SANDBOX_INVALID_CONTROL', `${name}: expected a whole number from 0 to ${most}.`);
}

function advanceOf(body: unknown): string {
  const advance = typeof body === 'object' && body !== null ? (body as { advance?: unknown }).advance : undefined;
  if (typeof advance === 'string') return advance;
  throw new SandboxError('SANDBOX_INVALID_CONTROL', 'clock: expected {"advance": "PT10M"}.');
}

function sendJson(outgoing: ServerResponse, status: number, body: unknown): void {
  const text = Buffer.from(JSON.stringify(body), 'utf8');
  outgoing.statusCode = status;
  outgoing.setHeader('Content-Type', 'application/json; charset=utf-8');
  outgoing.setHeader('Content-Length', text.length);
  outgoing.end(text);
}
