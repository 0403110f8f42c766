import { FIELD_TYPES, fitValue, MAX_NAME, RESERVED_NAMES, VISIBILITIES, type DataField } from './data-field.ts';
import { ok, refusedV2, type Answer } from './errors.ts';
import { route, type Exchange, type Route } from './exchange.ts';
import { wordOf } from './request-body.ts';

function fieldForm(field: DataField): Readonly<Record<string, unknown>> {
  const { name, type, visibility, defaultValue } = field;
  return { name, type, visibility, defaultValue };
}

function createField({ store, body }: Exchange): Answer {
  const name = body.text('name').toUpperCase();
  if (!new RegExp(`^[A-Z0-9_-]{1,${MAX_NAME}}$`).test(name) || RESERVED_NAMES.has(name))
    return refusedV2('ERROR_DATAFIELD_INVALID');
  const type = body.has('type') ? wordOf(body.any('type'), FIELD_TYPES) : 'String';
  const visibility = body.has('visibility') ? wordOf(body.any('visibility'), VISIBILITIES) : 'Private';
  if (type === undefined || visibility === undefined) return refusedV2('ERROR_DATAFIELD_INVALID');
  const fitted = fitValue({ type }, body.any('defaultValue'));
  if ('fault' in fitted) return refusedV2('ERROR_DATAFIELD_INVALID');
  if (store.fields.has(name)) return refusedV2('ERROR_NON_UNIQUE_DATAFIELD', 400, 'Field already exists.');
  const field: DataField = { name, type, visibility, defaultValue: fitted.value, system: false, readOnly: false };
  store.fields.set(name, field);
  return { status: 201, body: fieldForm(field) };
}

/**
 * The documentation answers a deletion that is in the way of something with 200, the vendor's own
 * description of the interface with 409: `blockedStatus` says which one this account does.
 */
function deleteField(blockedStatus: 200 | 409) {
  return ({ store, parameters }: Exchange): Answer => {
    const field = store.fields.get(parameters[0]!.toUpperCase());
    if (field === undefined) return refusedV2('ERROR_DATAFIELD_NOTFOUND', 404);
    if (field.system) return refusedV2('ERROR_DATAFIELD_INVALID');
    const dependencies = store.dependencies.get(field.name) ?? [];
    if (dependencies.length > 0) {
      const listed =
        blockedStatus === 409
          ? dependencies
          : dependencies.map(({ type, objectId }) => `Used in ${type.toLowerCase()} ${objectId}`);
      return { status: blockedStatus, body: { dependencies: listed, result: false } };
    }
    store.removeField(field.name);
    return ok({ dependencies: null, result: true });
  };
}

export function dataFieldRoutes(blockedStatus: 200 | 409): readonly Route[] {
  return [
    // No paging here.
    route('GET', '/v2/data-fields', 'high', ({ store }) => ok([...store.fields.values()].map(fieldForm))),
    route('POST', '/v2/data-fields', 'medium', createField),
    route('DELETE', '/v2/data-fields/{name}', 'medium', deleteField(blockedStatus)),
  ];
}
