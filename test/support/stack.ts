import { randomBytes, randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import { startGateway, type Gateway } from '../../apps/gateway/gateway.ts';
import { installRuntime } from '../../apps/worker/runtime.ts';
import { loadConfig } from '../../shared/config/load.ts';
import { loadTemporalConfig } from '../../shared/config/temporal.ts';
import { makeLogger } from '../../shared/telemetry/logger.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { makeFactory, type Factory } from './factory.ts';
import { eventually } from './eventually.ts';

// Once per test process: the SDK's own signal handlers would keep the runner from ending it.
installRuntime(makeLogger({ level: 'silent', name: 'test' }));

/** What opens the operator's routes in tests. */
export const operatorToken = 'test-operator-token-of-32-characters';

/** A gateway with its worker on a database of its own, in this process, over real HTTP. */
export interface TestStack {
  readonly database: TestDatabase;
  readonly factory: Factory;
  readonly masterKeys: string;
  readonly gateway: Gateway;
  /** Another gateway on the same database, as a second replica would be. */
  startGateway(options?: GatewayOptions): Promise<Gateway>;
  stop(): Promise<void>;
}

export interface GatewayOptions {
  readonly temporalAddress?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export async function startTestStack(options: GatewayOptions = {}): Promise<TestStack> {
  const database = await createTestDatabase();
  const masterKeys = `test:${randomBytes(32).toString('base64')}`;
  const taskQueue = `test-${randomUUID()}`;
  const gateways: Gateway[] = [];
  const start = async (given: GatewayOptions = {}): Promise<Gateway> => {
    const config = loadConfig({
      DATABASE_URL: database.appUrl,
      TIDEGATE_MASTER_KEYS: masterKeys,
      TIDEGATE_PORT: '0',
      TIDEGATE_LOG_LEVEL: 'silent',
      TIDEGATE_TASK_QUEUE: taskQueue,
      TIDEGATE_SWEEP_INTERVAL_MS: '50',
      TIDEGATE_OPERATOR_TOKEN: operatorToken,
      // One works at a time in the tests that share a stack; another would only be started for nothing.
      TIDEGATE_EVALUATORS: '1',
      // Every test asks from one address; those that are about its limit set their own.
      TIDEGATE_REQUESTS_PER_MINUTE_PER_ADDRESS: '0',
      TIDEGATE_WORKFLOW_BUNDLE: inject('servers').workflowBundle,
      // On a busy machine a start or a claim may take long; tests that are about a budget set their own.
      TIDEGATE_START_BUDGET_MS: '10000',
      TIDEGATE_CLAIM_BUDGET_MS: '20000',
      ...given.env,
    });
    const temporal = loadTemporalConfig({
      TEMPORAL_ADDRESS: given.temporalAddress ?? inject('servers').temporalAddress,
    });
    const log = makeLogger({ level: config.TIDEGATE_LOG_LEVEL, name: 'test' });
    const gateway = closableTwice(await startGateway(config, temporal, log));
    gateways.push(gateway);
    if (given.temporalAddress === undefined) {
      await eventually(() => isConnected(gateway.url), 60_000);
    }
    return gateway;
  };
  const factory = makeFactory(database.appUrl, masterKeys);
  return {
    database,
    factory,
    masterKeys,
    gateway: await start(options),
    startGateway: start,
    async stop() {
      await Promise.all(gateways.map((gateway) => gateway.close()));
      await factory.close();
      await database.drop();
    },
  };
}

/** A test may close a gateway itself; the stack closes what is left. */
function closableTwice(gateway: Gateway): Gateway {
  let closed: Promise<void> | undefined;
  return { url: gateway.url, close: () => (closed ??= gateway.close()) };
}

async function isConnected(url: string): Promise<void> {
  const response = await fetch(`${url}/readyz`);
  const { checks } = (await response.json()) as { checks: Record<string, string> };
  if (checks['temporal'] !== 'ok') throw new Error(`Temporal: ${checks['temporal']}`);
}
