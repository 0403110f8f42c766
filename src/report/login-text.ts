import type { LoginResult } from '../operations/login.ts';
import { safe } from './safe.ts';

export function loginText({ integration, provider, who, outcome, authorisesCalls }: LoginResult): string {
  const done = outcome === 'renewed' ? 'is still signed on' : 'is signed on';
  const calls = authorisesCalls
    ? []
    : [
        `This opens the web application of ${provider} and authorises no call: links go on with the integration's own credentials.`,
      ];
  return [`${safe(who)} ${done} to Integration/${safe(integration)}.`, ...calls].join('\n');
}

export function loginJson({ integration, provider, who, outcome, authorisesCalls }: LoginResult): object {
  return { integration, provider, who, outcome, authorises_calls: authorisesCalls };
}
