/**
 * The state as text: sorted keys, two blanks of indentation, a newline at the end, and a digest over
 * its content. Used by every store, by `state pull`, and by `state push` on what a person hands in.
 */
import { STATE_FORMAT_VERSION, type State } from '../model/state.ts';
import { SynclineError } from '../model/errors.ts';
import { digestOfNormal, normalizeJson } from './canonical-json.ts';

export interface ParseOptions {
  /** What to call the text in messages: a path. */
  readonly source: string;
  /** `ignore` takes a text that a person edited, as `state push` does. */
  readonly digest: 'verify' | 'ignore';
  /** The stack that the state must belong to. */
  readonly stack?: string;
  /** What to do where the text cannot be used. */
  readonly hint?: string;
}

/** The state with its digest set and everything in it normalised, as `parseState` would return it. */
export function sealState(state: State): State {
  const normal = normalizeJson({ ...state, digest: '' }) as State;
  return { ...normal, digest: digestOfContent(normal) };
}

/** The text of a sealed or parsed state. Printing what was read changes no byte. */
export function printState(state: State): string {
  return `${JSON.stringify(state, undefined, 2)}\n`;
}

/** What moves the serial, as text to compare; of a sealed or parsed state. */
export function contentOf(state: State): string {
  return JSON.stringify([state.accounts, state.resources, state.specifications, state.guards]);
}

function digestOfContent(normal: State): string {
  const { digest: _, ...content } = normal;
  return digestOfNormal(content);
}

/**
 * @throws SynclineError STATE_UNREADABLE, STATE_NEWER_FORMAT, STATE_INVALID, STATE_DIGEST_MISMATCH, STATE_STACK_MISMATCH
 */
export function parseState(text: Buffer | string, options: ParseOptions): State {
  const content = parseJson(text, options);
  const version = isObject(content) ? content['format_version'] : undefined;
  if (typeof version === 'number' && version > STATE_FORMAT_VERSION) {
    throw new SynclineError(
      'STATE_NEWER_FORMAT',
      `${options.source} has format ${version}; this version of Syncline reads up to ${STATE_FORMAT_VERSION}.`,
      { hint: 'Use the version of Syncline that wrote it, or a newer one.' },
    );
  }
  const fault = faultOf(content);
  if (fault !== undefined) {
    throw new SynclineError('STATE_INVALID', `${options.source} is no state: ${fault}.`, hintOf(options));
  }
  const state = normalizeJson(content) as State;
  if (options.digest === 'verify' && digestOfContent(state) !== state.digest) {
    throw new SynclineError(
      'STATE_DIGEST_MISMATCH',
      `${options.source} was changed by something else than Syncline.`,
      hintOf(options),
    );
  }
  if (options.stack !== undefined && state.stack !== options.stack) {
    throw new SynclineError(
      'STATE_STACK_MISMATCH',
      `${options.source} is the state of stack "${state.stack}", and this run is for stack "${options.stack}".`,
      {
        hint: `Choose the stack:\n  --stack ${state.stack}\nor give each stack a backend of its own:\n  --backend file:state/${options.stack}`,
      },
    );
  }
  return state;
}

function parseJson(text: Buffer | string, options: ParseOptions): unknown {
  try {
    return JSON.parse(typeof text === 'string' ? text : new TextDecoder('utf-8', { fatal: true }).decode(text));
  } catch {
    // The parser's own message quotes the text, which may be anything at all.
    const size = typeof text === 'string' ? Buffer.byteLength(text) : text.length;
    throw new SynclineError(
      'STATE_UNREADABLE',
      `${options.source} (${size} bytes) is no complete JSON document.`,
      hintOf(options),
    );
  }
}

function hintOf(options: ParseOptions): { hint: string } | Record<string, never> {
  return options.hint === undefined ? {} : { hint: options.hint };
}

type Shape = Readonly<Record<string, (value: unknown) => boolean>>;

const isText = (value: unknown) => typeof value === 'string';
const isFlag = (value: unknown) => typeof value === 'boolean';
const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;

const STATE_SHAPE: Shape = {
  format_version: (value) => value === STATE_FORMAT_VERSION,
  syncline_version: isText,
  lineage: (value) => isText(value) && value !== '',
  serial: isCount,
  stack: (value) => isText(value) && value !== '',
  accounts: isObject,
  resources: isObject,
  specifications: isObject,
  guards: isObject,
  audit: isObject,
  digest: isText,
};

const ENTRY_SHAPES: Readonly<Record<'accounts' | 'resources' | 'specifications', Shape>> = {
  accounts: { id: isText, label: isText },
  resources: {
    type: isText,
    integration: isText,
    mode: (value) => value === 'managed' || value === 'expected',
    id: (value) => value === null || isText(value),
    attributes: isObject,
    computed: isObject,
    created_by_syncline: isFlag,
    prevent_destroy: isFlag,
    depends_on: (value) => Array.isArray(value) && value.every(isText),
    applied_at: isText,
    pending: (value) => value === undefined || isObject(value),
  },
  specifications: {
    kind: isText,
    generation: isCount,
    digest: isText,
    specification: isObject,
    applied_at: isText,
    paused: (value) => value === undefined || isObject(value),
    resumed: (value) => value === undefined || isObject(value),
  },
};

const AUDIT_SHAPE: Shape = { count: isCount, head: isText };

/** The first thing that is missing or of the wrong type. Values are not repeated. */
function faultOf(content: unknown): string | undefined {
  if (!isObject(content)) {
    return 'it is no JSON object';
  }
  const faults = [shapeFault(content, STATE_SHAPE, ''), shapeFault(content['audit'], AUDIT_SHAPE, 'audit.')];
  for (const [section, shape] of Object.entries(ENTRY_SHAPES)) {
    for (const [name, entry] of Object.entries(isObject(content[section]) ? content[section] : {})) {
      faults.push(shapeFault(entry, shape, `${section}["${name}"].`));
    }
  }
  return faults.find((fault) => fault !== undefined);
}

function shapeFault(value: unknown, shape: Shape, path: string): string | undefined {
  const fields = isObject(value) ? value : {};
  const wrong = Object.keys(shape).find((name) => !shape[name]!(fields[name]));
  return wrong === undefined ? undefined : `${path}${wrong} is missing or has the wrong type`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
