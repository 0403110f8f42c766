import { decodeSegment } from '../request.ts';
import type { SandboxRequest } from '../vendor.ts';
import type { Answer } from './errors.ts';
import { Members } from './request-body.ts';
import type { Store } from './store.ts';

/** Which counter of the tiered limit a call moves. @source Dotdigital, call rate limits */
export type Tier = 'low' | 'medium' | 'high' | 'unlimited';

/** One call, as a route sees it. */
export interface Exchange {
  readonly request: SandboxRequest;
  readonly store: Store;
  /** Variable segments of the path, decoded, in order. */
  readonly parameters: readonly string[];
  /** Members of a body that is an object, whatever the case of their names: v2. */
  readonly body: Members;
  /** The body as parsed. */
  readonly payload: unknown;
  /** The sandbox's present in ms. */
  readonly now: number;
}

export type Handler = (exchange: Exchange) => Answer;

export interface Route {
  readonly method: string;
  /** `/v2/address-books/{id}`: braces stand for one variable segment. */
  readonly pattern: string;
  readonly tier: Tier;
  readonly handler: Handler;
}

export function route(method: string, pattern: string, tier: Tier, handler: Handler): Route {
  return { method, pattern, tier, handler };
}

export interface FoundRoute {
  readonly route: Route;
  readonly parameters: readonly string[];
}

/** Literal segments win over variable ones; a slash at the end changes nothing. */
export class RouteTable {
  readonly #byLength = new Map<number, readonly { readonly route: Route; readonly segments: readonly string[] }[]>();

  constructor(routes: readonly Route[]) {
    const split = routes.map((entry) => ({ route: entry, segments: segmentsOf(entry.pattern) }));
    const variables = (segments: readonly string[]): number => segments.filter(isVariable).length;
    split.sort((one, other) => variables(one.segments) - variables(other.segments));
    for (const [length, entries] of Map.groupBy(split, ({ segments }) => segments.length)) this.#byLength.set(length, entries);
  }

  find(method: string, path: string): FoundRoute | undefined {
    const given = segmentsOf(path);
    for (const { route: entry, segments } of this.#byLength.get(given.length) ?? []) {
      if (entry.method !== method) continue;
      if (!segments.every((segment, index) => isVariable(segment) || segment.toLowerCase() === given[index]!.toLowerCase()))
        continue;
      return { route: entry, parameters: given.filter((_, index) => isVariable(segments[index]!)).map(decodeSegment) };
    }
    return undefined;
  }

  /** The path with a star for each variable segment. */
  starred(path: string): string {
    const given = segmentsOf(path);
    for (const { segments } of this.#byLength.get(given.length) ?? []) {
      if (!segments.every((segment, index) => isVariable(segment) || segment === given[index])) continue;
      return `/${segments.map((segment) => (isVariable(segment) ? '*' : segment)).join('/')}`;
    }
    return path;
  }
}

function isVariable(segment: string): boolean {
  return segment.startsWith('{');
}

function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '');
}

export function bodyOf(payload: unknown): Members {
  return new Members(payload);
}
