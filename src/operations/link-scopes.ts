/** Who enters a link: its ends' rules, judged offline for `validate` and compiled for a cycle. */
import type { Configuration } from '../config/configuration.ts';
import type { Address } from '../model/address.ts';
import type { Diagnostic, SourceRange } from '../model/diagnostics/diagnostic.ts';
import type { FieldDescription } from '../model/value.ts';
import { compileScope, type EnterRule, type Scope } from '../mapping/scope.ts';
import { PROVIDERS } from '../providers/registry.ts';

/** Paths that the rule of an end reads, before anything is known of its fields. */
export function scopePaths(enter: EnterRule, end: string, provider: string, object: string): readonly string[] {
  const compiled = compileScope(enter, end, new Map(), createdPath(provider, object));
  return 'scope' in compiled ? compiled.scope.paths : [];
}

/** The rule of an end, and what is wrong with it, told at the link. */
export function linkScope(
  link: Address,
  enter: EnterRule,
  end: string,
  place: { readonly provider: string; readonly object: string },
  fields: ReadonlyMap<string, FieldDescription>,
): { readonly scope: Scope | undefined; readonly diagnostics: readonly Diagnostic[] } {
  const compiled = compileScope(enter, end, fields, createdPath(place.provider, place.object));
  if ('scope' in compiled) return { scope: compiled.scope, diagnostics: [] };
  const diagnostics = compiled.faults.map(({ code, setting, detail, hint }): Diagnostic => ({
    severity: 'error',
    code,
    address: link,
    detail: `enter.${setting} of ${end}: ${detail}`,
    ...(hint === undefined ? {} : { hint }),
  }));
  return { scope: undefined, diagnostics };
}

/** @param declared fields that resources of the configuration provide, by provider and object */
export function checkScopes(
  configuration: Configuration,
  declared: (provider: string, object: string) => readonly FieldDescription[],
): readonly Diagnostic[] {
  return [...configuration.links.values()].flatMap((link) =>
    Object.entries(link.spec.ends).flatMap(([end, { integration, object, enter }]) => {
      const provider = configuration.integrations.get(integration)?.spec.provider;
      if (provider === undefined || typeof enter === 'string') return [];
      const [setting = 'flag'] = Object.keys(enter);
      const source = link.source(['spec', 'ends', end, 'enter', setting]);
      return checkScope(link.address, enter as EnterRule, end, { provider, object }, declared, source);
    }),
  );
}

/** The rule of one end, against what is known offline. */
export function checkScope(
  link: Address,
  enter: EnterRule,
  end: string,
  { provider, object }: { readonly provider: string; readonly object: string },
  declared: (provider: string, object: string) => readonly FieldDescription[],
  source: SourceRange,
): readonly Diagnostic[] {
  const catalog = PROVIDERS[provider]!.catalog;
  const own = new Map(declared(provider, object).map((field) => [field.path, field]));
  const fields = new Map(own);
  const unknown: Diagnostic[] = [];
  const [setting = 'flag'] = Object.keys(enter);
  for (const path of scopePaths(enter, end, provider, object)) {
    const field = catalog.field(object, path);
    if (field !== undefined && field !== 'account' && !own.has(path)) fields.set(path, field);
    if (field !== undefined || own.has(path)) continue;
    const detail = `enter.${setting} of ${end}: ${object} has no field "${path.slice(0, 80)}".`;
    unknown.push({ severity: 'error', code: 'LINK_SCOPE_INVALID', address: link, detail, source });
  }
  const { diagnostics } = linkScope(link, enter, end, { provider, object }, fields);
  return [...unknown, ...diagnostics.map((diagnostic) => ({ ...diagnostic, source }))];
}

function createdPath(provider: string, object: string): string | undefined {
  return PROVIDERS[provider]?.catalog.createdPath?.(object);
}
