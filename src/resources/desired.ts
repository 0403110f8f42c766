import type { Address } from '../model/address.ts';
import type { ResourceAttributes, ResourceType } from '../providers/provider.ts';
import type { Attributes } from '../model/plan.ts';

/** A `Resource` document, with its type resolved and the vendor's defaults filled in. */
export interface DesiredResource {
  readonly address: Address;
  readonly integration: string;
  readonly type: ResourceType;
  readonly mode: 'managed' | 'expected';
  readonly adopt: boolean;
  readonly preventDestroy: boolean;
  /** Whether a replacement may lose what records hold in the object. */
  readonly allowReplace: boolean;
  readonly attributes: ResourceAttributes;
  readonly dependsOn: readonly Address[];
}

/** An `Integration`, `Mapping` or `Link` as it would be stored: what `sync` and workers run. */
export interface DesiredSpecification {
  readonly address: Address;
  readonly kind: string;
  readonly specification: Attributes;
  readonly digest: string;
  readonly dependsOn: readonly Address[];
}
