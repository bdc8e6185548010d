import { fileURLToPath } from 'node:url';
import { loadConfig } from '../../shared/config/load.ts';
import { serviceNodeOptions } from '../../shared/config/node-options.ts';
import { loadTemporalConfig } from '../../shared/config/temporal.ts';
import { prepareDatabase } from '../bootstrap/database.ts';
import { prepareTemporal } from '../bootstrap/temporal.ts';
import { holdFolder, startChild, stopOrphans, type Child } from './children.ts';
import { leaveCliProfile } from './cli-profile.ts';
import { demoRequests, seedDemo, type DemoDesk, type DemoRequests } from './demo.ts';
import { startEcho, type EchoedWebhook } from './echo.ts';
import { parseLine } from './log-view.ts';
import { defaultPorts, portNear } from './ports.ts';
import { startLocalPostgres } from './postgres.ts';
import { loadSecrets, type LocalSecrets } from './secrets.ts';
import type { Stages } from './stages.ts';
import { findTemporalBinary } from './temporal-binary.ts';
import { startLocalTemporal } from './temporal-server.ts';

export interface Stack {
  readonly gatewayUrl: string;
  /** The receiver that the demo's endpoint leads to. */
  readonly echoUrl: string;
  readonly temporalUiUrl: string | undefined;
  readonly secrets: LocalSecrets;
  /** Requests to the demo's hooks, as shell commands. */
  readonly requests: DemoRequests;
  /** Settles with a sentence when a part of the stack ended by itself. */
  readonly broken: Promise<string>;
  stop(): Promise<void>;
}

export interface StackOptions {
  readonly dir: string;
  readonly stages: Stages;
  /** Sees each line that the gateway logs. */
  readonly onGatewayLine: (line: string) => void;
  /** Sees each webhook that the echo receiver got. */
  readonly onWebhook: (webhook: EchoedWebhook) => void;
}

const gatewayMain = fileURLToPath(new URL('../gateway/main.ts', import.meta.url));
const examplesFolder = fileURLToPath(new URL('../../examples/extensions', import.meta.url));
const gatewayReadyWithinMs = 60_000;

type Closer = () => Promise<void>;

/** Starts everything the local stack is made of, in order. What was started is stopped on a failure. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const closers: Closer[] = [];
  const watched: Promise<string>[] = [];
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).toReversed()) await close();
  };
  try {
    const release = holdFolder(options.dir);
    closers.push(() => Promise.resolve(release()));
    // Before ports are looked at.
    await stopOrphans(options.dir);
    const secrets = loadSecrets(options.dir);
    const started = (name: string, child: Child, close: Closer): void => {
      closers.push(close);
      watched.push(child.exited.then((how) => `${name} ended by itself (${how})`));
    };
    const echo = await startEcho({
      port: await portNear(defaultPorts.echo),
      secret: secrets.demoEndpointSecret,
      onWebhook: options.onWebhook,
    });
    closers.push(echo.close);
    const { databaseUrl, desk } = await startDatabase(options, secrets, echo.url, started);
    const temporal = await startTemporal(options, started);
    const environment = await serviceEnvironment(secrets, databaseUrl, temporal);
    await prepareTemporal(loadTemporalConfig(environment), loadConfig(environment));
    const gatewayUrl = await startGatewayChild(options, environment, started);
    closers.push(leaveCliProfile(options.dir, gatewayUrl, secrets));
    return {
      gatewayUrl,
      echoUrl: echo.url,
      temporalUiUrl: temporal.uiUrl,
      secrets,
      requests: demoRequests(gatewayUrl, secrets, desk, new Date()),
      broken: Promise.race(watched),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Started = (name: string, child: Child, close: Closer) => void;

async function startDatabase(
  { dir, stages }: StackOptions,
  secrets: LocalSecrets,
  echoUrl: string,
  started: Started,
): Promise<{ readonly databaseUrl: string; readonly desk: DemoDesk }> {
  const external = process.env['DATABASE_URL'];
  const admin = external
    ? { url: external, database: new URL(external).pathname.slice(1) || 'tidegate' }
    : await stages.run(
        'postgres',
        async () => {
          const server = await startLocalPostgres({
            dir,
            port: await portNear(defaultPorts.postgres),
            password: secrets.postgresPassword,
          });
          started('Postgres', server.child, server.stop);
          return { url: server.adminUrl, database: 'tidegate' };
        },
        ({ url }) => new URL(url).host,
      );
  const prepared = await stages.run(
    'database',
    async () => {
      const ready = await prepareDatabase({
        adminUrl: admin.url,
        database: admin.database,
        ...secrets,
      });
      return { ...ready, desk: await seedDemo(ready.appUrl, secrets, echoUrl) };
    },
    ({ ran }) => (ran.length > 0 ? `ran ${ran.join(', ')}` : 'schema is current'),
  );
  return { databaseUrl: prepared.appUrl, desk: prepared.desk };
}

async function startTemporal(
  { dir, stages }: StackOptions,
  started: Started,
): Promise<{ readonly address: string; readonly uiUrl: string | undefined }> {
  const external = process.env['TEMPORAL_ADDRESS'];
  return stages.run(
    'temporal',
    async () => {
      if (external) return { address: external, uiUrl: undefined };
      const server = await startLocalTemporal({
        binary: await findTemporalBinary(stages.note),
        dir,
        port: await portNear(defaultPorts.temporal),
        uiPort: await portNear(defaultPorts.temporalUi),
      });
      started('Temporal', server.child, server.stop);
      return server;
    },
    ({ address }) => address,
  );
}

/** The environment of the gateway, which is also what the installation is prepared for. */
async function serviceEnvironment(
  secrets: LocalSecrets,
  databaseUrl: string,
  temporal: { readonly address: string; readonly uiUrl: string | undefined },
): Promise<NodeJS.ProcessEnv> {
  return {
    // The demo's second hook runs a workflow of the examples.
    TIDEGATE_EXTENSIONS: examplesFolder,
    // On a laptop everything asks from one address.
    TIDEGATE_REQUESTS_PER_MINUTE_PER_ADDRESS: '0',
    // The echo receiver, and the programs of whoever develops, are on this machine. Nothing but a local
    // stack sets this: in production it would let tenants reach what is beside the gateway.
    TIDEGATE_EGRESS_ALLOW_LOOPBACK: 'true',
    ...(temporal.uiUrl && { TIDEGATE_TEMPORAL_UI_URL: temporal.uiUrl }),
    ...process.env,
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: temporal.address,
    TIDEGATE_MASTER_KEYS: process.env['TIDEGATE_MASTER_KEYS'] ?? secrets.masterKeys,
    TIDEGATE_OPERATOR_TOKEN: process.env['TIDEGATE_OPERATOR_TOKEN'] ?? secrets.operatorToken,
    TIDEGATE_PORT: process.env['TIDEGATE_PORT'] ?? String(await portNear(defaultPorts.gateway)),
  };
}

async function startGatewayChild(
  { dir, stages, onGatewayLine }: StackOptions,
  environment: NodeJS.ProcessEnv,
  started: Started,
): Promise<string> {
  return stages.run(
    'gateway',
    async () => {
      const ready = Promise.withResolvers<string>();
      const progress: { url?: string; isConnected?: boolean } = {};
      const child = startChild({
        name: 'gateway',
        dir,
        command: process.execPath,
        args: [...serviceNodeOptions, gatewayMain],
        env: environment,
        onLine: (line) => {
          const entry = parseLine(line);
          if (entry?.['event'] === 'gateway.listening') progress.url = String(entry['url']);
          if (entry?.['event'] === 'engine.connected') progress.isConnected = true;
          if (progress.url && progress.isConnected) ready.resolve(progress.url);
          onGatewayLine(line);
        },
      });
      started('the gateway', child, () => child.stop('SIGTERM'));
      const timer = setTimeout(
        () => ready.reject(new Error('it took too long')),
        gatewayReadyWithinMs,
      );
      void child.exited.then((how) => ready.reject(new Error(`it ended (${how})`)));
      return ready.promise
        .catch((error: Error) => {
          throw new Error(`the gateway did not come up: ${error.message}; see ${child.logFile}`);
        })
        .finally(() => clearTimeout(timer));
    },
    (url) => url,
  );
}
