import { InvalidArgumentError } from 'commander';
import { login } from '../../operations/login.ts';
import { loginJson, loginText } from '../../report/login-text.ts';
import { listenForCallback } from '../callback-server.ts';
import { parseTimeout } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandModule } from '../program.ts';
import { printEvent } from './apply.ts';
import { printDiagnostics, readConfiguration } from './configuration.ts';
import { exitCodeHelp } from './help.ts';

/** Has to be registered with the vendor, so it does not change. */
const DEFAULT_PORT = 48_123;

export const loginCommand: CommandModule = {
  register(program, action) {
    program
      .command('login')
      .description("sign on to a vendor's web application in the browser")
      .argument('<integration>', 'the integration')
      .option('--no-browser', 'print the address of the page instead of opening it')
      .option('--port <port>', 'where the browser comes back to on this machine', toPort, DEFAULT_PORT)
      .option('--timeout <duration>', 'how long to wait for it', '5m')
      .addHelpText(
        'after',
        exitCodeHelp(
          {
            0: 'signed on',
            1: 'refused, not offered by this vendor, or nobody came back in time',
            5: 'locked by somebody else',
            130: 'interrupted',
          },
          ['syncline login dotdigital', 'syncline login dotdigital --no-browser --timeout 10m'],
        ),
      )
      .action(
        action(async (context, [integration], options) => {
          const runtime = context.runtime((event) => printEvent(context, event));
          const selected = await readConfiguration(context, runtime);
          if (selected === undefined) return EXIT.error;
          if (!context.json) printDiagnostics(context, selected.warnings);
          const { openBrowser } = context.world;
          const timeoutMs = parseTimeout(String(options['timeout']));
          const result = await login(runtime, selected.configuration, selected.stack, integration!, {
            listen: () => listenForCallback(Number(options['port']), timeoutMs, runtime.signal),
            async show(page) {
              const isOpen = options['browser'] === true && openBrowser !== undefined && (await openBrowser(page));
              context.note(isOpen ? 'Waiting for you to agree in the browser.' : `Open this page and agree:\n  ${page}`);
            },
          });
          context.print(context.json ? JSON.stringify(loginJson(result)) : loginText(result));
          return EXIT.success;
        }),
      );
  },
};

function toPort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('A port is a number from 0 to 65535.');
}
