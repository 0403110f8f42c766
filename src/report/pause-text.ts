import type { PauseResult } from '../operations/pause.ts';
import { safe } from './safe.ts';

/** What became of a link or integration, and what that means for records. */
export function pauseText({ address, action, changed, links }: PauseResult): string {
  const name = safe(address);
  if (!changed) return `${name} is ${action === 'pause' ? 'paused' : 'active'} already.`;
  const concerned = links.filter((link) => link !== address).map((link) => safe(link));
  const also = concerned.length === 0 ? '' : ` (${concerned.join(', ')})`;
  return action === 'pause'
    ? `${name} is paused${also}. Changes at its ends wait; to let it go on:\n  syncline resume ${name}`
    : `${name} goes on${also} with the next cycle:\n  syncline sync`;
}

export function pauseJson({ address, action, changed, links }: PauseResult): object {
  return { type: action, address, changed, links };
}
