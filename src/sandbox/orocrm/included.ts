/** Resources that come along with the primary one of a request. @source oroinc/documentation, create-update-related-resources */
import { isObject, pointerFault, type Answer, type Fault, type JsonObject } from './json-api.ts';

export function includedOf(payload: unknown): readonly JsonObject[] {
  return isObject(payload) && Array.isArray(payload['included']) ? payload['included'].filter(isObject) : [];
}

/** Names a resource within its request. */
export function nameOf({ type, id }: JsonObject): string {
  return `${String(type)} ${String(id)}`;
}

/** @param formOf what was written of a resource, found by its name */
export function withIncluded(answer: Answer, included: readonly JsonObject[], formOf: (name: string) => JsonObject): Answer {
  if (included.length === 0 || !isObject(answer.body)) return answer;
  const forms = included.map((one) => ({ ...formOf(nameOf(one)), meta: { includeId: String(one['id']) } }));
  return { ...answer, body: { ...answer.body, included: forms } };
}

/** Everything that comes along has to be connected with the primary resource, in one direction or the other. */
export function unrelatedFaults(primary: JsonObject, included: readonly JsonObject[]): readonly Fault[] {
  const given = new Map([primary, ...included].map((one) => [nameOf(one), one]));
  const reached = new Set([nameOf(primary)]);
  for (let before = 0; before !== reached.size;) {
    before = reached.size;
    for (const [name, one] of given) {
      const others = referredBy(one).filter((other) => given.has(other));
      if (reached.has(name)) for (const other of others) reached.add(other);
      else if (others.some((other) => reached.has(other))) reached.add(name);
    }
  }
  const detail =
    'The entity should have a relationship with the primary entity and this should be explicitly specified in the request';
  return included.flatMap((one, index) =>
    reached.has(nameOf(one)) ? [] : pointerFault('request data constraint', `/included/${index}`, detail),
  );
}

function referredBy({ relationships }: JsonObject): readonly string[] {
  return Object.values(isObject(relationships) ? relationships : {}).flatMap((related) => {
    const data = isObject(related) ? related['data'] : undefined;
    return (Array.isArray(data) ? data : [data]).filter(isObject).map(nameOf);
  });
}
