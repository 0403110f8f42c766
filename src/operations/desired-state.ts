/** From a configuration and a stack to what is desired: resources and specifications. */
import { addressOf, type Address } from '../model/address.ts';
import type { Configuration, Declaration } from '../config/configuration.ts';
import { canonicalSpecification } from '../config/configuration.ts';
import type { Diagnostic } from '../model/diagnostics/diagnostic.ts';
import { digestOf } from '../storage/canonical-json.ts';
import type { StateGuards } from '../model/state.ts';
import { DEFAULT_GUARDS } from '../records/guard.ts';
import { PROVIDERS } from '../providers/registry.ts';
import type { DesiredResource, DesiredSpecification } from '../resources/desired.ts';
import type { Attributes } from '../model/plan.ts';

import { impliedLink, placesOf } from './address-book-links.ts';
import type { OperatedStack } from './applied-stack.ts';
import { CAMPAIGN_IMPORT, campaignPlaces, storedImport } from './campaign-imports.ts';

export interface DesiredState {
  readonly resources: ReadonlyMap<Address, DesiredResource>;
  readonly specifications: readonly DesiredSpecification[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * @param remembered guards that were declared once: they hold until the configuration names another
 *   limit, so that removing a block loosens nothing
 */
export function desiredState(
  configuration: Configuration,
  stack: OperatedStack,
  remembered: Readonly<Record<Address, StateGuards>>,
): DesiredState {
  const resources = new Map<Address, DesiredResource>();
  const diagnostics: Diagnostic[] = [];
  for (const document of configuration.resources.values()) {
    const { spec } = document;
    const type = PROVIDERS[spec.type.split('/')[0]!]!.resourceTypes[spec.type]!;
    const attributes = type.normalize(spec.attributes as Attributes);
    for (const found of type.validate(attributes))
      diagnostics.push({ ...found, address: document.address, source: document.source(['spec', 'attributes']) });
    resources.set(document.address, {
      address: document.address,
      integration: spec.integration,
      type,
      mode: spec.mode,
      adopt: spec.adopt,
      preventDestroy: spec.preventDestroy,
      allowReplace: spec.allowReplace,
      attributes,
      dependsOn: (spec.dependsOn ?? []) as readonly Address[],
    });
  }
  const specifications: DesiredSpecification[] = [];
  for (const document of configuration.integrations.values()) {
    const inStack = stack.integrations.get(document.name);
    const content = canonicalSpecification(document) as Attributes;
    specifications.push(
      specification(document.address, 'Integration', {
        ...content,
        endpoint: inStack?.endpoint ?? null,
        account: inStack?.account ?? null,
      }),
    );
  }
  for (const document of configuration.policies.values())
    specifications.push(specification(document.address, 'Policy', canonicalSpecification(document) as Attributes));
  for (const document of configuration.mappings.values()) {
    specifications.push(specification(document.address, 'Mapping', canonicalSpecification(document) as Attributes));
  }
  for (const document of configuration.links.values()) {
    diagnostics.push(...rememberedGuards(document, remembered[document.address]));
    const integrations = Object.values(document.spec.ends).map((end) => addressOf('Integration', end.integration));
    const needed = [...resources.values()].filter((resource) =>
      integrations.includes(addressOf('Integration', resource.integration)),
    );
    specifications.push(
      specification(
        document.address,
        'Link',
        withGuards(canonicalSpecification(document) as Attributes, remembered[document.address]),
        [...integrations, addressOf('Mapping', document.spec.mapping), ...needed.map((resource) => resource.address)],
      ),
    );
  }
  for (const document of configuration.addressBookLinks.values()) {
    diagnostics.push(...rememberedGuards(document, remembered[document.address]));
    const { list, book } = placesOf(document, configuration);
    if (list === undefined || book === undefined)
      throw new Error(`${document.address} was not validated. This is a bug in Syncline, please report it.`);
    const integrations = [document.spec.list, document.spec.addressBook].map(({ integration }) => integration);
    const needed = [...resources.values()].filter(({ integration }) => integrations.includes(integration));
    specifications.push(
      specification(
        document.address,
        'AddressBookLink',
        withGuards(impliedLink(document, { list, book }), remembered[document.address]),
        [...integrations.map((name) => addressOf('Integration', name)), ...needed.map(({ address }) => address)],
      ),
    );
  }
  for (const document of configuration.campaignImports.values()) {
    const places = campaignPlaces(document, configuration);
    const { source, destination } = places;
    const needed = [...resources.values()].filter(({ integration }) => integration === source.integration);
    specifications.push(
      specification(document.address, CAMPAIGN_IMPORT, storedImport(document, places), [
        ...[source, destination].map(({ integration }) => addressOf('Integration', integration)),
        ...needed.map(({ address }) => address),
      ]),
    );
  }
  return { resources, specifications, diagnostics };
}

/** The limits of a link: those that it declares, those that it declared before, and the defaults of the others. */
function withGuards(link: Attributes, remembered: StateGuards | undefined): Attributes {
  return { ...link, guards: { ...DEFAULT_GUARDS, ...remembered, ...(link['guards'] as Attributes) } };
}

/** What of a link's guards is remembered when it is applied: limits that are not the defaults. */
export function guardsToRemember(link: Attributes): StateGuards {
  const { allow: _, ...limits } = link['guards'] as StateGuards & { readonly allow?: unknown };
  const defaults: StateGuards = { ...DEFAULT_GUARDS };
  return Object.fromEntries(Object.entries(limits as StateGuards).filter(([guard, limit]) => defaults[guard] !== limit));
}

function rememberedGuards(
  document: Declaration<'Link' | 'AddressBookLink'>,
  remembered: StateGuards | undefined,
): readonly Diagnostic[] {
  return Object.entries(remembered ?? {})
    .filter(([guard]) => !Object.hasOwn(document.spec.guards, guard))
    .map(([guard, limit]): Diagnostic => ({
      severity: 'warning',
      code: 'PLAN_GUARD_REMEMBERED',
      address: document.address,
      source: document.source(['spec', 'guards']),
      detail: `The guard ${guard}: ${String(limit)} is not declared any more, and still holds.`,
      hint: `to loosen it, say so: guards: { ${guard}: LIMIT }, a number, a share such as 10%, or none`,
    }));
}

function specification(
  address: Address,
  kind: string,
  content: Attributes,
  dependsOn: readonly Address[] = [],
): DesiredSpecification {
  const clean = JSON.parse(JSON.stringify(content)) as Attributes;
  return { address, kind, specification: clean, digest: digestOf(clean), dependsOn };
}
