import type { Address } from '../model/address.ts';
import type { Diagnostic } from '../model/diagnostics/diagnostic.ts';
import type { Configuration, IntegrationDeclaration, StackDeclaration } from './configuration.ts';
import { judgeEndpoint } from './endpoint.ts';
import type { StackIntegration } from './generated/documents.ts';
import { didYouMean } from './suggestion.ts';

/** The variables of the process, passed in by the composition root. */
export type Environment = Readonly<Record<string, string | undefined>>;

export type SelectedStack = { readonly stack: StackDeclaration } | { readonly diagnostics: readonly Diagnostic[] };

/**
 * The stack that a run works on: the one that is named; else the only one; else the default.
 *
 * @param name from `--stack` or `SYNCLINE_STACK`
 */
export function selectStack(configuration: Configuration, name?: string): SelectedStack {
  const { stacks } = configuration;
  const names = [...stacks.keys()];
  const fail = (code: Diagnostic['code'], detail: string, hint?: string): SelectedStack => ({
    diagnostics: [{ severity: 'error', code, detail, ...(hint === undefined ? {} : { hint }) }],
  });
  if (name !== undefined && name !== '') {
    const stack = stacks.get(name);
    if (stack !== undefined) return { stack };
    return fail('CONFIG_UNKNOWN_STACK', `There is no Stack named "${name.slice(0, 80)}".`, didYouMean(name, names));
  }
  const [only, ...others] = stacks.values();
  if (only === undefined) return fail('CONFIG_NO_STACK', 'The configuration holds no Stack.', 'add a document of kind Stack');
  if (others.length === 0) return { stack: only };
  const chosen = [...stacks.values()].find((stack) => stack.spec.default);
  if (chosen !== undefined) return { stack: chosen };
  return fail(
    'CONFIG_STACK_NOT_CHOSEN',
    `There are several stacks and none is the default: ${names.join(', ')}.`,
    `name one with --stack, for example --stack ${names[0]}`,
  );
}

/** A stack with every value in place. */
export interface ResolvedStack {
  readonly name: string;
  readonly address: Address;
  readonly rehearsal: boolean;
  /** Every active integration by name. */
  readonly integrations: ReadonlyMap<string, ResolvedIntegration>;
}

interface ResolvedIntegration {
  /** Base address, without a slash at the end. */
  readonly endpoint: string;
  /** The id that the account must turn out to have, where the stack says so. */
  readonly account?: string;
}

/**
 * Fills in what a stack takes from the environment, and judges endpoints as they then are.
 * An integration that has faults is absent from the result.
 */
export function resolveStack(
  configuration: Configuration,
  stack: StackDeclaration,
  environment: Environment,
): { readonly stack: ResolvedStack; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const integrations = new Map<string, ResolvedIntegration>();
  for (const [name, integration] of configuration.integrations) {
    if (!integration.spec.active) continue;
    const entry = Object.hasOwn(stack.spec.integrations, name) ? stack.spec.integrations[name] : undefined;
    const resolved = resolveIntegration(stack, integration, entry, environment, diagnostics);
    if (resolved !== undefined) integrations.set(name, resolved);
  }
  return { stack: { name: stack.name, address: stack.address, rehearsal: stack.spec.rehearsal, integrations }, diagnostics };
}

function resolveIntegration(
  stack: StackDeclaration,
  integration: IntegrationDeclaration,
  entry: StackIntegration | undefined,
  environment: Environment,
  diagnostics: Diagnostic[],
): ResolvedIntegration | undefined {
  const path = ['spec', 'integrations', integration.name];
  const text = resolveValue(entry?.endpoint, environment) ?? integration.spec.endpoint;
  if (text === undefined) {
    const detail = `The stack does not say where ${integration.address} is reached, and neither does the integration.`;
    const hint = `add endpoint to ${integration.name} under integrations`;
    diagnostics.push({
      severity: 'error',
      code: 'CONFIG_MISSING_ENDPOINT',
      detail,
      hint,
      address: stack.address,
      source: stack.source(path),
    });
    return undefined;
  }
  const judged = judgeEndpoint(text, integration.spec.provider, stack.spec.rehearsal);
  if ('problem' in judged) {
    const own = entry?.endpoint === undefined;
    const variable =
      typeof entry?.endpoint === 'object' && environment[entry.endpoint.env] !== undefined
        ? ` It comes from ${entry.endpoint.env}.`
        : '';
    diagnostics.push({
      severity: 'error',
      code: 'CONFIG_INVALID_ENDPOINT',
      detail: judged.problem + variable,
      hint: judged.hint,
      address: own ? integration.address : stack.address,
      source: own ? integration.source(['spec', 'endpoint']) : stack.source([...path, 'endpoint']),
    });
    return undefined;
  }
  const account = resolveValue(entry?.account, environment);
  return { endpoint: judged.endpoint, ...(account === undefined ? {} : { account }) };
}

function resolveValue(value: StackIntegration['endpoint'], environment: Environment): string | undefined {
  if (typeof value !== 'object') return value;
  const found = Object.hasOwn(environment, value.env) ? environment[value.env] : undefined;
  // An empty variable is how shells and pipelines unset one.
  return found === undefined || found === '' ? value.default : found;
}
