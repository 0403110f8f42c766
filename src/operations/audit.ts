/** The audit log, read and checked. Writes nothing. */
import { parseEvent, verifyAudit, type AuditEvent, type AuditVerification } from '../storage/audit.ts';
import type { StackPlace } from './applied-stack.ts';
import type { Runtime } from './runtime.ts';
import { openWorkspace, type Workspace } from './workspace.ts';

/** The events, newest first; lines that are no events are left to `verifyAuditLog`. */
export async function readAuditLog(runtime: Runtime, stack: StackPlace): Promise<readonly AuditEvent[]> {
  return (await eventsOf(await openWorkspace(runtime, stack))).reverse();
}

/** The events after an instant, oldest first. */
export async function eventsSince(workspace: Workspace, instant: string): Promise<readonly AuditEvent[]> {
  return (await eventsOf(workspace)).filter(({ at }) => at > instant);
}

async function eventsOf({ storage }: Workspace): Promise<AuditEvent[]> {
  const events: AuditEvent[] = [];
  for await (const line of storage.audit.lines()) {
    const event = parseEvent(line);
    if (event !== undefined) events.push(event);
  }
  return events;
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
