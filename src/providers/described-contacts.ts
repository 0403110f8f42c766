/** Descriptions of contacts whose fields are objects of the account, such as custom fields, lists and tags. */
import type { Clock } from '../model/time.ts';
import type { FieldDescription } from '../model/value.ts';
import type { Connection, ResourceClient, ResourceObject } from './provider.ts';

/** For so long, a description serves again: a plan and the cycle that follows it need not ask twice. */
const RECENT_MS = 5 * 60_000;

export interface NamedObjects {
  /**
   * Makes sure that the names in these paths have been looked for.
   * @param fresh asks the vendor again for everything that the paths need
   */
  load(paths: readonly string[], fresh: boolean): Promise<void>;
  /** Takes in an object that was just made. */
  learn(type: string, object: ResourceObject): void;
}

export interface DescribedContacts {
  readonly describe: Connection['describe'];
  /** A client whose writes are known to the next description. */
  watched(type: string, client: ResourceClient): ResourceClient;
}

/**
 * @param contact the name of the one object that is described
 * @param fieldOf the field at a path, as far as its objects are known
 */
export function createDescribedContacts(
  clock: Clock,
  contact: string,
  objects: NamedObjects,
  fieldOf: (path: string) => FieldDescription | undefined,
): DescribedContacts {
  /** When the vendor was last asked; long ago once something known was changed. */
  let describedAt = Number.NEGATIVE_INFINITY;
  const forget = (): void => void (describedAt = Number.NEGATIVE_INFINITY);
  return {
    async describe(object, paths) {
      if (object !== contact) return { object, fields: [], missing: paths };
      const recent = clock.now() - describedAt < RECENT_MS && paths.every((path) => fieldOf(path) !== undefined);
      if (!recent) {
        await objects.load(paths, true);
        describedAt = clock.now();
      }
      const fields = paths.map(fieldOf);
      return {
        object,
        fields: fields.filter((field) => field !== undefined),
        missing: paths.filter((_, index) => fields[index] === undefined),
      };
    },
    watched: (type, client) => ({
      ...client,
      async create(attributes) {
        const created = await client.create(attributes).catch((error: unknown) => {
          forget();
          throw error;
        });
        objects.learn(type, created);
        return created;
      },
      update: (...parameters) => client.update(...parameters).finally(forget),
      delete: (id) => client.delete(id).finally(forget),
    }),
  };
}
