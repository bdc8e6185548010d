import { makeActionRegistry } from '../../activities/actions/registry.ts';
import type { Config } from '../../shared/config/schema.ts';
import type { TemporalConfig } from '../../shared/config/temporal.ts';
import { makeTenantVault } from '../../shared/crypto/tenant-vault.ts';
import { assertTenantWalls } from '../../shared/db/boot-check.ts';
import { makePool, type Pool } from '../../shared/db/pool.ts';
import { resolveTenant } from '../../shared/db/queries/tenants.ts';
import { makeWithTenant } from '../../shared/db/tenant.ts';
import { makeEvaluator } from '../../shared/evaluator/evaluator.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { loadWorkflowBundle, makeInboundWorker } from '../worker/inbound-worker.ts';
import { queueNames } from '../worker/queues.ts';
import { makeApp } from './app.ts';
import { startEngine } from './engine.ts';
import { makeOutcomeHub } from './receiver/outcome-hub.ts';
import { makeReceive } from './receiver/receive.ts';
import { makeSettle } from './receiver/settle.ts';
import { makeStarter } from './receiver/starter.ts';
import { startSweeper } from './receiver/sweeper.ts';
import { makeTenantDirectory } from './receiver/tenant-directory.ts';

export interface Gateway {
  /** Where the gateway listens, as a URL without a trailing slash. */
  readonly url: string;
  /** Stops accepting, finishes what runs, closes what was opened, in reverse order. */
  close(): Promise<void>;
}

const acquireTimeoutMs = 2_000;
const statementTimeoutMs = 10_000;

/** Builds and starts a gateway from its configuration. Throws when tenants would not be kept apart. */
export async function startGateway(
  config: Config,
  temporal: TemporalConfig,
  log: Logger,
): Promise<Gateway> {
  const pool = makePool({
    connectionString: config.DATABASE_URL,
    connectionsMax: config.TIDEGATE_DATABASE_CONNECTIONS,
    applicationName: 'tidegate-gateway',
    acquireTimeoutMs,
    statementTimeoutMs,
    onError: (error) => log.warn({ event: 'database.connection_lost', err: error }),
  });
  await assertTenantWalls(pool);
  const evaluator = makeEvaluator({ children: config.TIDEGATE_EVALUATORS });
  const withTenant = makeWithTenant(pool);
  const hub = makeOutcomeHub();
  const engine = startEngine({
    log,
    temporal,
    makeWorker: async (connection, namespace) =>
      config.TIDEGATE_INBOUND_WORKER
        ? makeInboundWorker({
            connection,
            namespace,
            taskQueuePrefix: config.TIDEGATE_TASK_QUEUE,
            workflowBundle: await loadWorkflowBundle(config.TIDEGATE_WORKFLOW_BUNDLE),
            withTenant,
            evaluator,
            actions: makeActionRegistry(),
            onOutcome: (deliveryId, outcome) => hub.publish(deliveryId, outcome),
          })
        : undefined,
  });
  const starter = makeStarter({
    client: engine.client,
    taskQueue: queueNames(config.TIDEGATE_TASK_QUEUE).inbound,
    budgetMs: config.TIDEGATE_START_BUDGET_MS,
    isEager: config.TIDEGATE_INBOUND_WORKER,
  });
  const sweeper = startSweeper({
    pool,
    starter,
    log,
    intervalMs: config.TIDEGATE_SWEEP_INTERVAL_MS,
  });
  const app = makeApp({
    log,
    trustedProxies: config.TIDEGATE_TRUSTED_PROXIES,
    bodyLimitBytes: config.TIDEGATE_BODY_LIMIT_BYTES,
    receive: makeReceive({
      tenants: makeTenantDirectory({
        lookUp: (slug) => resolveTenant(pool, slug),
        nowMs: () => performance.now(),
      }),
      withTenant,
      vault: makeTenantVault(config.TIDEGATE_MASTER_KEYS),
      evaluator,
      settle: makeSettle({
        starter,
        hub,
        log,
        outcomeWaitMs: config.TIDEGATE_OUTCOME_WAIT_MS,
      }),
      startGraceMs: config.TIDEGATE_START_GRACE_MS,
    }),
    health: {
      required: { database: () => checkDatabase(pool) },
      reported: { temporal: () => Promise.resolve(engine.trouble()) },
    },
  });
  const url = await app.listen({ host: config.TIDEGATE_HOST, port: config.TIDEGATE_PORT });
  log.info({ event: 'gateway.listening', url }, 'the gateway accepts requests');

  return {
    url,
    async close() {
      await app.close();
      await sweeper.stop();
      await engine.close();
      await evaluator.close();
      await pool.end();
    },
  };
}

async function checkDatabase(pool: Pool): Promise<undefined> {
  await pool.query('select 1');
}
