import type { DraftConfiguration, DraftDeclaration, Findings } from './draft.ts';
import { didYouMean } from './suggestion.ts';

/** Rules of resources: their integrations, and the order in which they depend on each other. */
export function checkResources(configuration: DraftConfiguration, findings: Findings): void {
  for (const resource of configuration.resources.values()) {
    checkIntegration(resource, configuration, findings);
    for (const [index, address] of (resource.spec.dependsOn ?? []).entries()) {
      if (address === undefined || configuration.incomplete || configuration.resources.has(nameIn(address))) continue;
      const known = [...configuration.resources.values()].map((other) => other.address);
      const hint = didYouMean(address, known);
      findings.atValue(resource, ['spec', 'dependsOn', index], 'CONFIG_UNKNOWN_REFERENCE', `There is no ${address}.`, hint);
    }
  }
  checkCircles(configuration.resources, findings);
}

function checkIntegration(resource: DraftDeclaration<'Resource'>, configuration: DraftConfiguration, findings: Findings): void {
  const { integration: name, type } = resource.spec;
  if (name === undefined) return;
  const integration = configuration.integrations.get(name);
  if (integration === undefined) {
    if (configuration.incomplete) return;
    const detail = `There is no Integration named "${name.slice(0, 80)}".`;
    const hint = didYouMean(name, configuration.integrations.keys());
    findings.atValue(resource, ['spec', 'integration'], 'CONFIG_UNKNOWN_REFERENCE', detail, hint);
  } else if (type !== undefined && integration.spec.provider !== undefined && !type.startsWith(`${integration.spec.provider}/`)) {
    const detail = `Integration/${name} is an account of ${integration.spec.provider}, where there is no ${type}.`;
    findings.atValue(resource, ['spec', 'type'], 'CONFIG_PROVIDER_MISMATCH', detail);
  }
}

/** Reports each circle once, at the dependency that closes it. */
function checkCircles(resources: ReadonlyMap<string, DraftDeclaration<'Resource'>>, findings: Findings): void {
  const done = new Set<string>();
  for (const start of resources.keys()) {
    // Depth first with a stack of our own: a chain may be as long as there are resources.
    const trail: { readonly name: string; next: number }[] = [{ name: start, next: 0 }];
    const onTrail = new Set([start]);
    while (trail.length > 0 && !done.has(start)) {
      const step = trail.at(-1)!;
      const resource = resources.get(step.name)!;
      const dependencies = resource.spec.dependsOn ?? [];
      if (step.next >= dependencies.length) {
        done.add(step.name);
        onTrail.delete(step.name);
        trail.pop();
        continue;
      }
      const index = step.next;
      step.next += 1;
      const name = nameIn(dependencies[index] ?? '');
      if (onTrail.has(name)) {
        const circle = trail.slice(trail.findIndex((other) => other.name === name)).map((other) => `Resource/${other.name}`);
        const detail = `The resources depend on each other in a circle: ${[...circle, `Resource/${name}`].join(' -> ')}.`;
        findings.atValue(
          resource,
          ['spec', 'dependsOn', index],
          'CONFIG_CIRCULAR_DEPENDENCY',
          detail,
          'remove one of the dependencies',
        );
      } else if (resources.has(name) && !done.has(name)) {
        trail.push({ name, next: 0 });
        onTrail.add(name);
      }
    }
  }
}

function nameIn(address: string): string {
  return address.slice(address.indexOf('/') + 1);
}
