import type { SandboxRequest } from '../vendor.ts';
import type { Answer } from './answers.ts';
import type { JsonObject } from './json.ts';
import type { QueryParameters } from './query-parameters.ts';
import type { Store } from './store.ts';

/** One call, as a route sees it. */
export interface Exchange {
  readonly request: SandboxRequest;
  readonly store: Store;
  /** Ids (or other variable segments) of the path, in order. */
  readonly parameters: readonly string[];
  readonly query: QueryParameters;
  /** The body where it is an object, else an empty one. */
  readonly body: JsonObject;
  /** The body as parsed: some calls take an array. */
  readonly payload: unknown;
  /** The sandbox's present in whole seconds since the epoch. */
  readonly now: number;
  /** `http://127.0.0.1:PORT/api/3`, the root of every link. */
  readonly api: string;
}

export type Handler = (exchange: Exchange) => Answer;

export interface Route {
  readonly method: string;
  /** `contacts/*` or `contacts/* /notes` (without the blank): a star stands for one variable segment. */
  readonly path: string;
  readonly handler: Handler;
}

/** Declares a route for one method, or for several with a blank between them. */
export function route(methods: string, path: string, handler: Handler): Route[] {
  return methods.split(' ').map((method) => ({ method, path, handler }));
}

/** A link collection: `linksTo(api, 'tags/4', ['contactGoalTags'])`. */
export function linksTo(api: string, path: string, names: readonly string[]): Record<string, string> {
  const links: Record<string, string> = {};
  for (const name of names) links[name] = `${api}/${path}/${name}`;
  return links;
}
