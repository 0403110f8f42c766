/** The audit log, read and checked. Writes nothing. */
import { parseEvent, verifyAudit, type AuditEvent, type AuditVerification } from '../storage/audit.ts';
import type { StackPlace } from './applied-stack.ts';
import type { Runtime } from './runtime.ts';
import { openWorkspace } from './workspace.ts';

/** The events, newest first; lines that are no events are left to `verifyAuditLog`. */
export async function readAuditLog(runtime: Runtime, stack: StackPlace): Promise<readonly AuditEvent[]> {
  const { storage } = await openWorkspace(runtime, stack);
  const events: AuditEvent[] = [];
  for await (const line of storage.audit.lines()) {
    const event = parseEvent(line);
    if (event !== undefined) events.push(event);
  }
  return events.reverse();
}

/** Follows the hash chain and compares its end with the head that the state holds. */
export async function verifyAuditLog(runtime: Runtime, stack: StackPlace): Promise<AuditVerification> {
  const { storage, state } = await openWorkspace(runtime, stack);
  return verifyAudit(storage.audit.lines(), state.audit);
}

/** The log as it stands, oldest line first, and whether it is as it was written. */
export async function exportAuditLog(
  runtime: Runtime,
  stack: StackPlace,
): Promise<{ readonly lines: readonly string[]; readonly verification: AuditVerification }> {
  const { storage, state } = await openWorkspace(runtime, stack);
  const lines: string[] = [];
  for await (const line of storage.audit.lines()) lines.push(line);
  return { lines, verification: await verifyAudit(lines, state.audit) };
}
