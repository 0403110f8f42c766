import { SynclineError } from '../../model/errors.ts';
import type { CommandContext } from '../context.ts';

/**
 * Asks for the approval of what was just shown; only `yes` approves.
 * @param command how to approve in advance
 * @throws SynclineError APPLY_NEEDS_APPROVAL where nobody can be asked
 */
export async function askApproval(context: CommandContext, question: string, command: string): Promise<boolean> {
  if (!context.interactive || context.json) {
    throw new SynclineError('APPLY_NEEDS_APPROVAL', 'This has to be approved, and nobody can be asked here.', {
      hint: `Approve in advance:\n  ${command} --auto-approve`,
    });
  }
  const answer = await context.world.ask!(`\n${question}\n  Only 'yes' will be accepted to approve.\n\n  Enter a value: `);
  return answer === 'yes';
}
