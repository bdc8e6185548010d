import { Option } from 'commander';

export const dataDirDefault = '.tidegate';

/** Options that every command takes, before or after its name. */
export interface GlobalOptions {
  readonly url?: string;
  readonly token?: string;
  readonly operatorToken?: string;
  readonly json?: boolean;
  readonly yes?: boolean;
  readonly dataDir: string;
}

export const globalOptions = (): readonly Option[] => [
  new Option(
    '--url <url>',
    'the server; by default the local stack, else http://127.0.0.1:8080',
  ).env('TIDEGATE_URL'),
  new Option('--token <token>', 'your personal token, tgu_…').env('TIDEGATE_TOKEN'),
  new Option('--operator-token <token>', 'what opens the tenant commands').env(
    'TIDEGATE_OPERATOR_TOKEN',
  ),
  new Option('--json', 'print one JSON document, and errors as JSON on standard error'),
  new Option('--yes', 'do not ask before something is taken away'),
  new Option('--data-dir <dir>', 'where a local stack keeps its data')
    .env('TIDEGATE_DATA_DIR')
    .default(dataDirDefault),
];
