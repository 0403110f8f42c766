import { SynclineError } from '../../model/errors.ts';
import type { CommandContext } from '../context.ts';

/** How to approve a command in advance. */
export function inAdvance(command: string): string {
  return `Approve in advance:\n  ${command} --auto-approve`;
}

/**
 * Asks for the approval of what was just shown; only `yes` approves.
 * @param hint what to do where nobody can be asked
 * @param subject what has to be approved
 * @throws SynclineError APPLY_NEEDS_APPROVAL where nobody can be asked
 */
export async function askApproval(context: CommandContext, question: string, hint: string, subject = 'This'): Promise<boolean> {
  if (!context.interactive || context.json) {
    throw new SynclineError('APPLY_NEEDS_APPROVAL', `${subject} has to be approved, and nobody can be asked here.`, { hint });
  }
  const answer = await context.world.ask!(`\n${question}\n  Only 'yes' will be accepted to approve.\n\n  Enter a value: `);
  return answer === 'yes';
}
