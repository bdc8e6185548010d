import { Command } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { resolveAccess, type Access } from './access.ts';
import { makeApi } from './api.ts';
import type { Call, CliCommand } from './command.ts';
import { commands } from './commands/index.ts';
import { makeConfirm } from './confirm.ts';
import type { Host } from './host.ts';
import { makeInput } from './input.ts';
import { globalOptions, type GlobalOptions } from './options/global.ts';
import { makeOutput } from './output/output.ts';

const description = `The command line of Tidegate: a client of its API, for people and scripts.

A local stack started with "npm start" is found without any setting. For another server, give --url and --token, or set TIDEGATE_URL and TIDEGATE_TOKEN.`;

/** The tree of commands. Throws commander's own error for a command line that does not fit it. */
export function makeProgram(host: Host): Command {
  const program = new Command('tidegate')
    .description(description)
    .version(packageJson.version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void host.stdout.write(text),
      writeErr: (text) => void host.stderr.write(text),
      // Faults are reported in one place, as every other failure is.
      outputError: () => undefined,
    });
  for (const option of globalOptions()) program.addOption(option);
  for (const entry of commands) {
    if ('run' in entry) {
      addCommand(program, entry, host);
      continue;
    }
    const group = program.command(entry.name).description(entry.summary);
    for (const command of entry.commands) addCommand(group, command, host);
  }
  return program;
}

function addCommand(parent: Command, spec: CliCommand, host: Host): void {
  const command = parent
    .command(spec.usage)
    .summary(spec.summary)
    .description(
      spec.description === undefined ? spec.summary : `${spec.summary}\n\n${spec.description}`,
    );
  for (const option of spec.options ?? []) command.addOption(option);
  command.addHelpText('after', examplesText(spec));
  command.action(async (): Promise<void> => {
    const options = command.optsWithGlobals<GlobalOptions>();
    await spec.run(makeCall(host, options), ...(command.processedArgs as string[]));
  });
}

const examplesText = ({ examples }: CliCommand): string =>
  ['', examples.length > 1 ? 'Examples:' : 'Example:']
    .concat(examples.map((line) => `  $ tidegate ${line}`))
    .concat('', 'Where the server is, who you are and --json: see "tidegate --help".')
    .join('\n');

function makeCall(host: Host, options: GlobalOptions): Call {
  let found: Access | undefined;
  const access = (): Access => (found ??= resolveAccess(options));
  return {
    options,
    access,
    api: makeApi(() => ({ ...access(), tokenName: 'Give --token, or set TIDEGATE_TOKEN.' })),
    operator: makeApi(() => {
      const { url, operatorToken } = access();
      const tokenName = 'Give --operator-token, or set TIDEGATE_OPERATOR_TOKEN.';
      return { url, token: operatorToken, tokenName };
    }),
    input: makeInput(host),
    out: makeOutput(host, options.json === true),
    confirm: makeConfirm(host, options.yes === true),
  };
}
