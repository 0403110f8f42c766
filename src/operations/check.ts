/** Tries the credentials and permissions of integrations, and tells what is missing. Writes nothing. */
import type { Configuration } from '../config/configuration.ts';
import { SynclineError } from '../model/errors.ts';
import type { CheckFinding, Connection } from '../providers/provider.ts';
import type { OperatedStack } from './applied-stack.ts';
import { campaignPlaces } from './campaign-imports.ts';
import { createConnections } from './connections.ts';
import { desiredState } from './desired-state.ts';
import type { Runtime } from './runtime.ts';
import { openPreviewLedger, openWorkspace } from './workspace.ts';

export interface IntegrationCheck {
  readonly integration: string;
  readonly provider: string;
  /** Absent where the account could not be reached. */
  readonly account: { readonly id: string; readonly label: string } | undefined;
  readonly findings: readonly CheckFinding[];
  /** Who signed on to the web application, and when. */
  readonly signedOn: readonly { readonly who: string; readonly at: string }[];
}

/** @throws SynclineError CHECK_UNKNOWN_INTEGRATION */
export async function check(
  runtime: Runtime,
  configuration: Configuration,
  stack: OperatedStack,
  only: string | undefined,
): Promise<readonly IntegrationCheck[]> {
  const names = [...configuration.integrations.keys()];
  if (only !== undefined && !names.includes(only)) {
    throw new SynclineError('CHECK_UNKNOWN_INTEGRATION', `There is no integration "${only}".`, {
      hint: `Integrations: ${names.join(', ')}.`,
    });
  }
  const specifications = desiredState(configuration, stack, {}).specifications.filter(({ kind }) => kind === 'Integration');
  const connections = createConnections(
    runtime,
    new Map(specifications.map(({ address, specification }) => [address.split('/')[1]!, specification])),
    undefined,
  );
  try {
    const results: IntegrationCheck[] = [];
    for (const integration of only === undefined ? names : [only]) {
      const provider = connections.provider(integration).label;
      try {
        const connection = await connections.connect(integration);
        const signedOn = await signedOnTo(runtime, stack, configuration, integration);
        const findings = [...(await connection.check()), ...missingPlaces(configuration, integration, connection)];
        results.push({ integration, provider, account: await connection.account(), findings, signedOn });
      } catch (error) {
        if (!(error instanceof SynclineError)) throw error;
        const finding: CheckFinding = { severity: 'error', what: error.message, hint: error.hint ?? '' };
        results.push({ integration, provider, account: undefined, findings: [finding], signedOn: [] });
      }
    }
    return results;
  } finally {
    await connections.close();
  }
}

/** What campaign imports bring that this vendor has no place for. */
function missingPlaces(configuration: Configuration, integration: string, connection: Connection): readonly CheckFinding[] {
  return [...configuration.campaignImports.values()].flatMap((document): CheckFinding[] => {
    const { address } = document;
    const { destination } = campaignPlaces(document, configuration);
    const lacks = connection.campaignDestination?.(destination.object).lacks ?? [];
    if (destination.integration !== integration || lacks.length === 0) return [];
    return [
      {
        severity: 'warning',
        what: `There is no place for ${lacks.join(' and ')} of ${address}.`,
        hint: 'Nothing needs to be done: Syncline keeps them, and writes the totals of each campaign into its description.',
      },
    ];
  });
}

/** What `login` has left, where the integration says by which client. */
async function signedOnTo(
  runtime: Runtime,
  stack: OperatedStack,
  configuration: Configuration,
  integration: string,
): Promise<IntegrationCheck['signedOn']> {
  if (configuration.integrations.get(integration)?.spec.signOn === undefined) return [];
  const { ledger } = await openPreviewLedger(await openWorkspace(runtime, stack));
  try {
    return (await ledger.signOns(integration)).map(({ who, at }) => ({ who, at }));
  } finally {
    await ledger.close();
  }
}
