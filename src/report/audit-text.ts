import type { AuditEvent } from '../storage/audit.ts';
import { safe } from './safe.ts';

const FRAME = new Set(['seq', 'type', 'at', 'who', 'run', 'previous', 'hash']);

/** One event on one line: number, time, who, what, and its particulars. */
export function auditLine(event: AuditEvent): string {
  const particulars = Object.entries(event)
    .filter(([name, value]) => !FRAME.has(name) && value !== null)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return safe(`${event.seq}  ${event.at}  ${event.who}  ${event.type}  ${particulars.join(' ')}`.trimEnd(), 1000);
}
