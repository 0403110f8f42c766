import { checkConflictPolicy } from './conflict-rules.ts';
import { flowTargets, pathAt } from './configuration.ts';
import type { DraftConfiguration, DraftDeclaration, Findings } from './draft.ts';
import { entriesOf } from './draft.ts';
import { endsOf } from './mapping-rules.ts';
import { valueAt } from './document-source.ts';
import { checkEndings } from './ending-rules.ts';
import { didYouMean } from './suggestion.ts';
import type { ValuePath } from './value-reader.ts';

/** A link whose ends and mapping are known and fit together. */
interface SoundLink {
  readonly link: DraftDeclaration<'Link'>;
  /** `integration object` of each end. */
  readonly places: ReadonlyMap<string, string>;
  /** Paths that the mapping writes at each end, consent left out. */
  readonly writes: ReadonlyMap<string, readonly string[]>;
}

/** Rules of links: that ends, mapping and policies speak of the same things, and who writes which field. */
export function checkLinks(configuration: DraftConfiguration, findings: Findings): void {
  const sound: SoundLink[] = [];
  for (const link of configuration.links.values()) {
    checkIntegrations(link, configuration, findings);
    checkConflictPolicy(link, findings);
    const found = checkAgainstMapping(link, configuration, findings);
    if (found !== undefined) sound.push(found);
  }
  checkContestedFields(sound, findings);
}

function checkIntegrations(link: DraftDeclaration<'Link'>, configuration: DraftConfiguration, findings: Findings): void {
  const places = new Set<string>();
  for (const [end, { integration, object }] of entriesOf(link.spec.ends)) {
    if (integration === undefined) continue;
    if (!configuration.integrations.has(integration) && !configuration.incomplete) {
      const detail = `There is no Integration named "${integration}".`;
      const hint = didYouMean(integration, configuration.integrations.keys());
      findings.atValue(link, ['spec', 'ends', end, 'integration'], 'CONFIG_UNKNOWN_REFERENCE', detail, hint);
    }
    const place = `${integration} ${object}`;
    if (object !== undefined && places.has(place)) {
      const detail = `Both ends are ${object} of Integration/${integration}.`;
      findings.atKey(link, ['spec', 'ends', end], 'CONFIG_LINK_TO_ITSELF', detail);
    }
    places.add(place);
  }
}

function checkAgainstMapping(
  link: DraftDeclaration<'Link'>,
  configuration: DraftConfiguration,
  findings: Findings,
): SoundLink | undefined {
  const { spec } = link;
  const mapping = spec.mapping === undefined ? undefined : configuration.mappings.get(spec.mapping);
  if (spec.mapping !== undefined && mapping === undefined && !configuration.incomplete) {
    const detail = `There is no Mapping named "${spec.mapping}".`;
    findings.atValue(
      link,
      ['spec', 'mapping'],
      'CONFIG_UNKNOWN_REFERENCE',
      detail,
      didYouMean(spec.mapping, configuration.mappings.keys()),
    );
  }
  const ends = Object.keys(spec.ends ?? {});
  // Ends at fault: whatever names them would be reported for the same mistake.
  if (ends.length !== 2) return undefined;
  const mappingEnds = mapping === undefined ? undefined : endsOf(mapping);
  const foreign = mappingEnds === undefined ? [] : ends.filter((end) => !mappingEnds.includes(end));
  for (const end of foreign) {
    const detail = `${mapping!.address} has the ends ${mappingEnds!.join(' and ')}.`;
    const free = mappingEnds!.filter((candidate) => !ends.includes(candidate));
    findings.atKey(
      link,
      ['spec', 'ends', end],
      'CONFIG_UNKNOWN_END',
      `"${end}" is no end of the mapping: ${detail}`,
      didYouMean(end, free),
    );
  }
  const flowsAreKnown = checkNamesOfEnds(link, ends, findings);
  if (mapping === undefined || mappingEnds === undefined || foreign.length > 0) return undefined;
  checkObjects(link, mapping, configuration, findings);
  const writes = writtenPaths(mapping, mappingEnds);
  if (flowsAreKnown) checkMissingFlows(link, mapping, writes, findings);
  checkOwnedPaths(link, mapping, ends, writes, findings);
  checkEndings(link, ends, carriedPaths(mapping, writes), findings);
  const places = new Map<string, string>();
  for (const [end, { integration, object }] of entriesOf(spec.ends)) {
    if (integration !== undefined && object !== undefined) places.set(end, `${integration} ${object}`);
  }
  return { link, places, writes };
}

/** Reports ends that policies name and the link does not have. Returns whether those of the flows are known. */
function checkNamesOfEnds(link: DraftDeclaration<'Link'>, ends: readonly string[], findings: Findings): boolean {
  const { spec } = link;
  // A flow under a name that no flow can have was taken out, and reported.
  const written = Object.keys((valueAt(link.source.value, ['spec', 'flows']) as object | undefined) ?? {});
  let flowsAreKnown = spec.flows !== undefined && written.every((flow) => Object.hasOwn(spec.flows!, flow));
  const check = (name: string, path: ValuePath, part: 'key' | 'value', prefix = '') => {
    if (ends.includes(name)) return true;
    const detail = `"${name}" is none of the ends ${ends.join(' and ')}.`;
    const hint = didYouMean(
      prefix + name,
      ends.map((end) => prefix + end),
    );
    if (part === 'key') findings.atKey(link, path, 'CONFIG_UNKNOWN_END', detail, hint);
    else findings.atValue(link, path, 'CONFIG_UNKNOWN_END', detail, hint);
    return false;
  };
  for (const flow of Object.keys(spec.flows ?? {}))
    flowsAreKnown = check(flow.slice(3), ['spec', 'flows', flow], 'key', 'to-') && flowsAreKnown;
  if (spec.conflicts?.prefer !== undefined) check(spec.conflicts.prefer, ['spec', 'conflicts', 'prefer'], 'value');
  for (const end of Object.keys(spec.onDelete ?? {})) check(end, ['spec', 'onDelete', end], 'key');
  for (const end of Object.keys(spec.owns ?? {})) check(end, ['spec', 'owns', end], 'key');
  return flowsAreKnown;
}

function checkObjects(
  link: DraftDeclaration<'Link'>,
  mapping: DraftDeclaration<'Mapping'>,
  configuration: DraftConfiguration,
  findings: Findings,
): void {
  for (const [end, { integration, object }] of entriesOf(link.spec.ends)) {
    const mapped = mapping.spec.between?.[end];
    if (mapped === undefined) continue;
    const slash = mapped.indexOf('/');
    const provider = integration === undefined ? undefined : configuration.integrations.get(integration)?.spec.provider;
    if (provider !== undefined && provider !== mapped.slice(0, slash)) {
      const detail = `Integration/${integration} is an account of ${provider}, but ${mapping.address} maps ${mapped} at ${end}.`;
      findings.atValue(link, ['spec', 'ends', end, 'integration'], 'CONFIG_END_MISMATCH', detail);
    } else if (object !== undefined && object !== mapped.slice(slash + 1)) {
      const detail = `The link names ${object}, but ${mapping.address} maps ${mapped} at ${end}.`;
      findings.atValue(
        link,
        ['spec', 'ends', end, 'object'],
        'CONFIG_END_MISMATCH',
        detail,
        `write ${mapped.slice(slash + 1)}, or use another mapping`,
      );
    }
  }
}

function writtenPaths(mapping: DraftDeclaration<'Mapping'>, ends: readonly [string, string]): Map<string, readonly string[]> {
  return new Map(
    ends.map((end) => [
      end,
      (mapping.spec.fields ?? []).flatMap((field) => {
        if (field?.flow === undefined || !flowTargets(field.flow, ends).includes(end)) return [];
        return pathAt(field, end) ?? [];
      }),
    ]),
  );
}

/** Paths that the mapping writes and that hold a field of the other end: what is computed is put back whatever it became. */
function carriedPaths(
  mapping: DraftDeclaration<'Mapping'>,
  writes: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, readonly string[]> {
  const computed = (mapping.spec.fields ?? []).filter((field) => field?.value !== undefined);
  return new Map(
    [...writes].map(([end, paths]) => [end, paths.filter((path) => !computed.some((field) => pathAt(field!, end) === path))]),
  );
}

function checkMissingFlows(
  link: DraftDeclaration<'Link'>,
  mapping: DraftDeclaration<'Mapping'>,
  writes: ReadonlyMap<string, readonly string[]>,
  findings: Findings,
): void {
  for (const [end, paths] of writes) {
    if (paths.length === 0 || link.source.hasKey(['spec', 'flows', `to-${end}`])) continue;
    const more = paths.length > 1 ? ` and ${paths.length - 1} more fields` : '';
    const detail = `${mapping.address} writes ${paths[0]}${more} at ${end}, but the link has no flow in that direction.`;
    findings.atKey(link, ['spec', 'flows'], 'CONFIG_MISSING_FLOW', detail, `add to-${end}: { every: PT10M }`);
  }
}

function checkOwnedPaths(
  link: DraftDeclaration<'Link'>,
  mapping: DraftDeclaration<'Mapping'>,
  ends: readonly string[],
  writes: ReadonlyMap<string, readonly string[]>,
  findings: Findings,
): void {
  for (const [end, paths] of entriesOf(link.spec.owns)) {
    if (!ends.includes(end)) continue;
    for (const [index, path] of paths.entries()) {
      const written = writes.get(end) ?? [];
      if (path === undefined || written.includes(path)) continue;
      const detail = `${mapping.address} does not write "${path.slice(0, 80)}" at ${end}.`;
      findings.atValue(link, ['spec', 'owns', end, index], 'CONFIG_UNKNOWN_REFERENCE', detail, didYouMean(path, written));
    }
  }
}

/** Reports each end of a link once, with the first other link that writes the same fields. */
function checkContestedFields(links: readonly SoundLink[], findings: Findings): void {
  const claims = new Map<string, { readonly sound: SoundLink; readonly end: string }[]>();
  for (const sound of links) {
    for (const [end, place] of sound.places) {
      const earlier = claims.get(place) ?? [];
      for (const other of earlier) {
        // A link of an object with itself is reported as such.
        if (other.sound === sound) continue;
        const contested = contestedPaths(sound, end, other.sound, other.end);
        if (contested.length === 0) continue;
        const [integration, object] = place.split(' ');
        const detail = `${sound.link.address} and ${other.sound.link.address} both write ${object} of Integration/${integration}: ${list(contested)}.`;
        const hint = `name the fields under owns of one of the two: owns: { ${end}: [${contested.join(', ').slice(0, 80)}] }`;
        findings.atKey(sound.link, ['spec', 'ends', end], 'CONFIG_CONTESTED_FIELD', detail, hint);
        break;
      }
      earlier.push({ sound, end });
      claims.set(place, earlier);
    }
  }
}

/** Fields that both links write, and that neither of them, or each of them, claims to own. */
function contestedPaths(later: SoundLink, end: string, earlier: SoundLink, otherEnd: string): readonly string[] {
  const others = new Set((earlier.writes.get(otherEnd) ?? []).map((path) => path.toLowerCase()));
  return (later.writes.get(end) ?? []).filter((path) => {
    if (!others.has(path.toLowerCase())) return false;
    return owns(later, end, path) === owns(earlier, otherEnd, path);
  });
}

function owns({ link }: SoundLink, end: string, path: string): boolean {
  return (link.spec.owns?.[end] ?? []).some((owned) => owned?.toLowerCase() === path.toLowerCase());
}

function list(paths: readonly string[]): string {
  return paths.length <= 5 ? paths.join(', ') : `${paths.slice(0, 5).join(', ')} and ${paths.length - 5} more`;
}
