import { Chalk, type ChalkInstance } from 'chalk';
import type { IntegrationCheck } from '../operations/check.ts';
import { safe } from './safe.ts';

const WORDS: Readonly<Record<IntegrationCheck['findings'][number]['severity'], (paint: ChalkInstance) => string>> = {
  error: (paint) => paint.red('missing'),
  warning: (paint) => paint.yellow('warning'),
  note: () => 'note   ',
};

/** What `check` found, an integration at a time. */
export function renderChecks(results: readonly IntegrationCheck[], colour: boolean): string {
  const paint = new Chalk({ level: colour ? 1 : 0 });
  return results
    .map(({ integration, provider, account, findings, signedOn }) => {
      const reached = account === undefined ? 'not reached' : `account ${safe(account.id)} (${safe(account.label)})`;
      const head = `${paint.bold(`Integration/${integration}`)}  ${provider}, ${reached}`;
      const lines = findings.map(({ severity, what, hint }) => {
        const word = WORDS[severity](paint);
        return `  ${word}  ${safe(what)}${hint === '' ? '' : `\n           ${safe(hint)}`}`;
      });
      const people = signedOn.map(({ who, at }) => `  signed on to its web application: ${safe(who)} since ${safe(at)}`);
      const isFine = findings.every(({ severity }) => severity === 'note');
      return [head, ...people, ...(isFine ? [`  ${paint.green('ok')}`] : []), ...lines].join('\n');
    })
    .join('\n\n');
}

export function checksJson(results: readonly IntegrationCheck[]): object {
  return {
    integrations: results.map(({ account, signedOn, ...result }) => ({
      ...result,
      account: account ?? null,
      signed_on: signedOn,
    })),
  };
}
