import type { Option } from 'commander';
import type { CliCommand, CommandGroup } from '../../apps/cli/command.ts';
import { commands } from '../../apps/cli/commands/index.ts';
import { exitCodes } from '../../apps/cli/exit-codes.ts';
import { globalOptions } from '../../apps/cli/options/global.ts';
import { code } from './markdown.ts';

/** docs/cli.md */
export function cliPage(): string {
  const codes = Object.values(exitCodes).map(({ code, meaning }) => `| ${code} | ${meaning} |`);
  return `# Command line

\`tidegate\` is a client of the API, for people and for scripts. In this repository it is run as
\`npx tidegate <command>\`, or as \`npm run cli -- <command>\`. While a local stack runs (\`npm start\`), it
is found without any setting:

\`\`\`
npx tidegate send alerts --data '{"alert":{"id":"1","severity":"high","title":"Disk full"}}'
npx tidegate deliveries list alerts
npx tidegate outbound list
npx tidegate listen 4000
npx tidegate signature explain --help
\`\`\`

## Where and who

Every command takes these, before or after its name:

${optionList(globalOptions())}

The launcher leaves the address and the tokens of a local stack in its data folder, in a file that only
its owner can read, and removes it at the end. Its tokens are used for its address only, and its address
only where neither an address nor a token was given.

## In scripts

With \`--json\` a command prints one document on standard output: the one that the API answered, so that
\`/docs\` of the server describes it. Every \`tail\`, and \`listen\`, prints one a line. Errors are one document on
standard error: \`{"error": {code, message, details, requestId, next, exitCode}}\`. Without \`--json\` lists are
tables on a terminal, and lines with tabs between their cells elsewhere.

The process ends with one of these:

| code | meaning |
| --- | --- |
${codes.join('\n')}

Each change carries an \`Idempotency-Key\`, so that it is repeated safely, once, when the connection breaks
or the server is overloaded. What takes something away asks first on a terminal; elsewhere it does nothing
without \`--yes\`. A secret in an argument can be seen by others on the machine and stays in the history of
the shell; it can be piped in instead (\`--secret -\`) or read from a file (\`--secret-file\`); one line end
after it is not part of it. Secrets and tokens that are made are shown once.

## Options that several commands share

${optionList(sharedOptions())}

## Commands

${commands.map((entry) => ('run' in entry ? commandSection(entry) : groupSection(entry))).join('\n\n')}
`;
}

/** In how many commands an option has to be, to be described once for all of them. */
const sharedFrom = 3;

const everyCommand: readonly CliCommand[] = commands.flatMap((entry) =>
  'run' in entry ? [entry] : entry.commands,
);
const everyOption = everyCommand.flatMap(({ options = [] }) => options);
const isShared = (option: Option): boolean =>
  everyOption.filter((other) => optionLine(other) === optionLine(option)).length >= sharedFrom;

/** The options that several commands have, each once. */
function sharedOptions(): readonly Option[] {
  const byLine = new Map(
    everyOption.filter(isShared).map((option) => [optionLine(option), option]),
  );
  return [...byLine.values()];
}

function groupSection({ name, summary, commands: members }: CommandGroup): string {
  const sections = members.map((command) => commandSection(command, name));
  return [`### ${name}`, sentence(summary), ...sections].join('\n\n');
}

function commandSection(command: CliCommand, group?: string): string {
  const { usage, summary, description, options = [], examples } = command;
  const path = group === undefined ? '' : `${group} `;
  const own = options.filter((option) => !isShared(option));
  const shared = options.filter(isShared).map(({ long = '' }) => code(long));
  return [
    `${group === undefined ? '###' : '####'} ${path}${usage.split(' ')[0]}`,
    description === undefined ? sentence(summary) : `${sentence(summary)} ${description}`,
    `\`\`\`\n${examples.map((line) => `tidegate ${line}`).join('\n')}\n\`\`\``,
    `Usage: \`tidegate ${path}${usage}\``,
    ...(own.length > 0 ? [optionList(own)] : []),
    ...(shared.length > 0 ? [`Shared options: ${shared.join(', ')}`] : []),
  ].join('\n\n');
}

const sentence = (text: string): string => (text.endsWith('.') ? text : `${text}.`);

const optionList = (options: readonly Option[]): string => options.map(optionLine).join('\n');

function optionLine({ flags, description, argChoices, defaultValue, envVar }: Option): string {
  const facts = [
    ...(argChoices === undefined || flags.includes('|')
      ? []
      : [`one of ${argChoices.map(code).join(', ')}`]),
    ...(defaultValue === undefined ? [] : [`default ${code(String(defaultValue))}`]),
    ...(envVar === undefined ? [] : [`or ${code(envVar)}`]),
  ];
  return `- ${code(flags)}: ${description}${facts.length > 0 ? ` (${facts.join('; ')})` : ''}`;
}
