import type { Handler, Route } from './exchange.ts';

export interface FoundRoute {
  readonly handler: Handler;
  readonly parameters: readonly string[];
}

/** Finds the route of a path; segments 2 and 4 may be variable, literal ones win. */
export class RouteTable {
  readonly #handlers = new Map<string, Handler>();

  constructor(routes: readonly Route[]) {
    for (const { method, path, handler } of routes) this.#handlers.set(`${method} ${path}`, handler);
  }

  find(method: string, path: string): FoundRoute | undefined {
    const segments = path.split('/').filter((segment) => segment !== '');
    // Recorded: a deletion of nothing (`DELETE /dealGroups/`) is one of id 0.
    if (method === 'DELETE' && path.endsWith('/')) segments.push('0');
    for (const stars of [[], [segments.length - 1], [1], [1, segments.length - 1]]) {
      const pattern = segments.map((segment, index) => (stars.includes(index) ? '*' : segment)).join('/');
      const handler = this.#handlers.get(`${method} ${pattern}`);
      if (handler !== undefined) return { handler, parameters: segments.filter((_segment, index) => stars.includes(index)) };
    }
    return undefined;
  }
}
