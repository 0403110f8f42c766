/** One installation: entities of each type, ascending by id. */
import type { Reference } from './json-api.ts';
import type { ResourceType } from './resource-type.ts';

export type Related = Reference | readonly Reference[] | null;

export interface Entity {
  readonly type: string;
  readonly id: string;
  readonly attributes: Record<string, unknown>;
  readonly relationships: Record<string, Related>;
}

export class Store {
  readonly types: ReadonlyMap<string, ResourceType>;
  readonly #entities = new Map<string, Map<string, Entity>>();
  readonly #lastIds = new Map<string, number>();
  /** Contacts and leads by each address of theirs, in lower case. */
  readonly #byEmail = new Map<string, Set<Entity>>();

  /** What would take back the changes so far, while they may still be taken back. */
  #undo: (() => void)[] | undefined;

  constructor(types: readonly ResourceType[]) {
    this.types = new Map(types.map((one) => [one.type, one]));
    for (const { type } of types) this.#entities.set(type, new Map());
  }

  all(type: string): Iterable<Entity> {
    return this.#entities.get(type)?.values() ?? [];
  }

  /** All or nothing: where `isDone` refuses the result, everything that `write` changed is taken back. */
  atomically<T>(write: () => T, isDone: (result: T) => boolean): T {
    const undo: (() => void)[] = [];
    const lastIds = new Map(this.#lastIds);
    this.#undo = undo;
    try {
      const result = write();
      if (!isDone(result)) {
        this.#undo = undefined;
        for (const takeBack of undo.reverse()) takeBack();
        for (const [type, id] of lastIds) this.#lastIds.set(type, id);
      }
      return result;
    } finally {
      this.#undo = undefined;
    }
  }

  count(type: string): number {
    return this.#entities.get(type)?.size ?? 0;
  }

  get(type: string, id: string): Entity | undefined {
    return this.#entities.get(type)?.get(id);
  }

  /** @param id of an enumeration's own; numbers count up */
  add(type: ResourceType, attributes: Record<string, unknown>, relationships: Record<string, Related>, id?: string): Entity {
    const next = (this.#lastIds.get(type.type) ?? 0) + 1;
    if (id === undefined) this.#lastIds.set(type.type, next);
    const blank = Object.fromEntries(
      Object.entries(type.attributes).map(([name, { kind }]) => [name, kind === 'emails' || kind === 'phones' ? [] : null]),
    );
    const unrelated = Object.fromEntries(
      Object.entries(type.relationships).map(([name, { many }]) => [name, many === true ? [] : null]),
    );
    const entity: Entity = {
      type: type.type,
      id: id ?? String(next),
      attributes: { ...blank, ...attributes },
      relationships: { ...unrelated, ...relationships },
    };
    this.#entities.get(type.type)!.set(entity.id, entity);
    this.#index(entity);
    this.#undo?.push(() => this.remove(entity));
    return entity;
  }

  change(entity: Entity, attributes: Readonly<Record<string, unknown>>, relationships: Readonly<Record<string, Related>>): void {
    const before = {
      attributes: { ...entity.attributes },
      relationships: { ...entity.relationships },
    };
    this.#undo?.push(() => this.change(entity, before.attributes, before.relationships));
    this.#unindex(entity);
    Object.assign(entity.attributes, attributes);
    Object.assign(entity.relationships, relationships);
    this.#index(entity);
  }

  /** Leaves no trace: nothing tells of a deletion but the absence. */
  remove(entity: Entity): void {
    this.#unindex(entity);
    this.#entities.get(entity.type)?.delete(entity.id);
  }

  /** Who holds an address, exactly as it is written (PostgreSQL compares by case). */
  holdersOf(type: string, email: string): readonly Entity[] {
    return [...(this.#byEmail.get(email) ?? [])].filter((entity) => entity.type === type);
  }

  #index(entity: Entity): void {
    for (const email of emailsOf(entity)) {
      const holders = this.#byEmail.get(email);
      if (holders === undefined) this.#byEmail.set(email, new Set([entity]));
      else holders.add(entity);
    }
  }

  #unindex(entity: Entity): void {
    for (const email of emailsOf(entity)) this.#byEmail.get(email)?.delete(entity);
  }
}

export function emailsOf(entity: Entity): readonly string[] {
  const emails = entity.attributes['emails'];
  return Array.isArray(emails) ? emails.map((item) => (item as { email: string }).email) : [];
}
