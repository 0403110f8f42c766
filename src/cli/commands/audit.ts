import { appliedStack } from '../../operations/applied-stack.ts';
import { readAuditLog, verifyAuditLog } from '../../operations/audit.ts';
import { auditLine } from '../../report/audit-text.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandModule } from '../program.ts';
import { exitCodeHelp } from './help.ts';

export const auditCommand: CommandModule = {
  register(program, action) {
    const audit = program
      .command('audit')
      .description('who applied what, when, from which commit, under which plan digest')
      .addHelpText(
        'after',
        exitCodeHelp({ 0: 'read, and intact', 1: 'an error, or the log was changed' }, [
          'syncline audit log',
          'syncline audit verify',
        ]),
      );
    audit
      .command('log')
      .description('list the events, newest first; what ends in _claim was only said by whoever ran the command')
      .addHelpText('after', exitCodeHelp({ 0: 'listed', 1: 'an error' }, ['syncline audit log', 'syncline audit log --json']))
      .action(
        action(async (context) => {
          const runtime = context.runtime(() => undefined);
          const events = await readAuditLog(runtime, await appliedStack(runtime));
          if (context.json) context.printLines(events);
          else context.print(events.length === 0 ? 'The audit log is empty.' : events.map(auditLine).join('\n'));
          return EXIT.success;
        }),
      );
    audit
      .command('verify')
      .description('check the hash chain, and its end against the state')
      .addHelpText(
        'after',
        exitCodeHelp({ 0: 'intact', 1: 'changed, shortened or unreadable; the message says where' }, [
          'syncline audit verify',
          'syncline audit verify --json',
        ]),
      )
      .action(
        action(async (context) => {
          const runtime = context.runtime(() => undefined);
          const result = await verifyAuditLog(runtime, await appliedStack(runtime));
          if (context.json) context.print(JSON.stringify(result));
          else if (result.intact)
            context.print(`The audit log is intact: ${result.head.count} events, head ${result.head.head}.`);
          else context.note(`Error: The audit log is not intact\n  line ${result.line} (${result.reason}): ${result.detail}`);
          return result.intact ? EXIT.success : EXIT.error;
        }),
      );
  },
};
