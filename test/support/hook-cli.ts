import { argv, makeCli, type Cli } from './cli.ts';
import { ticketMapping, type TestTenant } from './factory.ts';
import { startTestStack, type TestStack } from './stack.ts';

/** The command line of an administrator, against a gateway of its own. */
export interface HookCli {
  readonly stack: TestStack;
  readonly tenant: TestTenant;
  readonly cli: Cli;
  /** A file with a mapping for createTicket. */
  readonly mapping: string;
  /** A slug that no hook has. */
  nextSlug(): string;
  /** Makes a hook that creates tickets, from further options; returns the document of the command. */
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into documents of many shapes
  create(slug: string, options: readonly string[]): Promise<any>;
  close(): Promise<void>;
}

export async function startHookCli(): Promise<HookCli> {
  const stack = await startTestStack();
  const tenant = await stack.factory.tenant();
  const { token } = await stack.factory.user(tenant);
  const cli = makeCli({ TIDEGATE_URL: stack.gateway.url, TIDEGATE_TOKEN: token });
  const mapping = cli.file('mapping.json', JSON.stringify(ticketMapping(tenant.desk)));
  let made = 0;
  return {
    stack,
    tenant,
    cli,
    mapping,
    nextSlug() {
      made += 1;
      return `hook-${made}`;
    },
    create: (slug, options) =>
      cli.json(
        argv`hooks create --name Alerts --slug ${slug} --action createTicket --mapping ${mapping}
          ${options}`,
      ),
    async close() {
      await cli.close();
      await stack.stop();
    },
  };
}
