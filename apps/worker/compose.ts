import { Client } from '@temporalio/client';
import type { NativeConnection, Worker } from '@temporalio/worker';
import type { GatewayBeside } from '../../activities/dispatch/activities.ts';
import type { Config } from '../../shared/config/schema.ts';
import { assertMasterKeys } from '../../shared/crypto/data-keys.ts';
import { makeTenantVault, type TenantVault } from '../../shared/crypto/tenant-vault.ts';
import { assertTenantWalls } from '../../shared/db/boot-check.ts';
import { makePool, type Pool } from '../../shared/db/pool.ts';
import { resolveHandlerRun } from '../../shared/db/queries/handler-runs.ts';
import { readProgress } from '../../shared/db/queries/progress.ts';
import { putBackWakes } from '../../shared/db/queries/outbound-wakes.ts';
import { schemaTrouble } from '../../shared/db/schema-version.ts';
import { makeSelfContained, type SelfContained } from '../../shared/db/self-contained.ts';
import { makeWithTenant, type WithTenant } from '../../shared/db/tenant.ts';
import { makeEvaluator, type Evaluator } from '../../shared/evaluator/evaluator.ts';
import { defaultChildren } from '../../shared/evaluator/pool.ts';
import { makeSlots } from '../../shared/domain/slots.ts';
import { makeEgress, type Egress } from '../../shared/egress/egress.ts';
import { egressPolicy } from '../../shared/egress/policy-of-config.ts';
import { makeResolve } from '../../shared/egress/resolver.ts';
import { makeMailer, type Mailer } from '../../shared/mail/mailer.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { makeMetrics, type Metrics } from '../../shared/telemetry/metrics.ts';
import { makeAssistantRuns } from './assistant/runs.ts';
import { startAssistantSweeper } from './assistant/sweeper.ts';
import { openCatalogue, type Catalogue } from './extensions/catalogue.ts';
import { makeHandlerStarter } from './handler-starter.ts';
import { makeHandlerWorker } from './handler-worker.ts';
import { loadWorkflowBundle, makeInboundWorker } from './inbound-worker.ts';
import { makeMaintenanceWorker } from './maintenance-worker.ts';
import { makeCourier, type Courier } from './outbound/courier.ts';
import { makeOutboundJobs, type OutboundJobs } from './outbound/jobs.ts';
import { startOutboundSweeper } from './outbound/sweeper.ts';
import { makeOutboundWorker } from './outbound/worker.ts';
import { queueNames } from './queues.ts';

/** Which queues a process serves. */
export interface ServedQueues {
  /** The queues of Tidegate's own workflows. */
  readonly isInbound: boolean;
  /** The queue of the engineers' handler workflows. */
  readonly isHandlers: boolean;
}

/** What a gateway and a worker process have in common, opened and checked. */
export interface Foundation {
  readonly pool: Pool;
  readonly withTenant: WithTenant;
  readonly selfContained: SelfContained;
  readonly vault: TenantVault;
  readonly evaluator: Evaluator;
  readonly catalogue: Catalogue;
  /** The only way to other people's servers. */
  readonly egress: Egress;
  /** Starts and wakes the workflows of outbound deliveries. */
  readonly courier: Courier;
  /** Starts and tells the runs of rotations and replays. */
  readonly jobs: OutboundJobs;
  readonly metrics: Metrics;
  /** Makes a worker of every queue that the process serves, on one connection. */
  makeWorkers(
    connection: NativeConnection,
    namespace: string,
    gateway: GatewayBeside,
  ): Promise<readonly Worker[]>;
  close(): Promise<void>;
}

/** Transactions of attempts that wait for a place: with more, what comes is left to the burst lane. */
const attemptsWaitingMax = 32;
const acquireTimeoutMs = 2_000;
const statementTimeoutMs = 10_000;

/**
 * Opens what every process works with. Throws when tenants would not be kept apart, when the schema
 * is older than the code, when secrets could not be opened, or when an extension cannot be used; the
 * message says what to do.
 */
export async function openFoundation(
  config: Config,
  log: Logger,
  applicationName: string,
  served: ServedQueues,
): Promise<Foundation> {
  const catalogue = await openCatalogue({
    folder: config.TIDEGATE_EXTENSIONS,
    isHandlerHost: served.isHandlers,
  });
  const pool = makePool({
    connectionString: config.DATABASE_URL,
    connectionsMax: config.TIDEGATE_DATABASE_CONNECTIONS,
    applicationName,
    acquireTimeoutMs,
    statementTimeoutMs,
    onError: (error) => log.warn({ event: 'database.connection_lost', err: error }),
  });
  try {
    await assertReady(pool, config);
  } catch (error) {
    await pool.end();
    throw error;
  }
  const evaluator = makeEvaluator({
    children: config.TIDEGATE_EVALUATORS ?? defaultChildren(),
    fieldCpuMs: config.TIDEGATE_MAPPING_FIELD_CPU_MS,
    keyCpuMs: config.TIDEGATE_MAPPING_KEY_CPU_MS,
    isolation: config.TIDEGATE_EVALUATOR_ISOLATION,
    onEvent: ({ kind, ...fields }) =>
      log[kind === 'child_lost' ? 'warn' : 'info']({ event: `evaluator.${kind}`, ...fields }),
  });
  const metrics = makeMetrics(() => readProgress(pool));
  const attemptTransactions = makeSlots(
    Math.max(1, Math.floor(config.TIDEGATE_DATABASE_CONNECTIONS / 2)),
  );
  const courier = makeCourier({
    taskQueue: queueNames(config.TIDEGATE_TASK_QUEUE).outbound,
    isEager: served.isInbound,
    log,
    isBehind: () => attemptTransactions.waiting() > attemptsWaitingMax,
    hasten: ({ tenantId, deliveryId }) =>
      withTenant(tenantId, (tx) => putBackWakes(tx, [deliveryId], 0)),
  });
  const assistant = makeAssistantRuns({
    taskQueue: queueNames(config.TIDEGATE_TASK_QUEUE).inbound,
    log,
  });
  const withTenant = makeWithTenant(pool, {
    isFanOutOn: config.TIDEGATE_FAN_OUT,
    isForLane: courier.isInBurst,
    onCommitted: courier.start,
    onPublished: (matched) => metrics.published(matched),
    onAsked: assistant.note,
  });
  const selfContained = makeSelfContained(pool);
  const vault = makeTenantVault(config.TIDEGATE_MASTER_KEYS);
  const jobs = makeOutboundJobs({
    taskQueue: queueNames(config.TIDEGATE_TASK_QUEUE).outbound,
    log,
  });
  const mailer = openMailer(config);
  const onClaimsExpired = (count: number): void => metrics.claimed('expired', count);
  const egress = makeEgress({ policy: egressPolicy(config), resolve: makeResolve() });
  const outboundSweeper = startOutboundSweeper({
    pool,
    courier,
    log,
    intervalMs: config.TIDEGATE_SWEEP_INTERVAL_MS,
  });
  const assistantSweeper = startAssistantSweeper({
    pool,
    runs: assistant,
    isReachable: courier.isReachable,
    log,
    intervalMs: config.TIDEGATE_SWEEP_INTERVAL_MS,
  });
  return {
    pool,
    withTenant,
    selfContained,
    vault,
    evaluator,
    catalogue,
    egress,
    courier,
    jobs,
    metrics,
    async makeWorkers(connection, namespace, gateway) {
      const { actions, workflows, handlerBundle } = catalogue;
      const taskQueuePrefix = config.TIDEGATE_TASK_QUEUE;
      const shared = {
        connection,
        namespace,
        taskQueuePrefix,
        withTenant,
        selfContained,
        actions,
      };
      const client = new Client({ connection, namespace });
      courier.use(client);
      jobs.use(client);
      assistant.use(client);
      const workers: Worker[] = [];
      if (served.isInbound) {
        const workflowBundle = await loadWorkflowBundle(config.TIDEGATE_WORKFLOW_BUNDLE);
        const startHandler = makeHandlerStarter(client, queueNames(taskQueuePrefix).handlers);
        const dispatch = {
          evaluator,
          workflows,
          startHandler,
          takeAccepted: gateway.takeAccepted,
          onOutcome: (...[id, outcome]: Parameters<typeof gateway.onOutcome>) => {
            metrics.settled(outcome);
            gateway.onOutcome(id, outcome);
          },
        };
        workers.push(
          await makeInboundWorker({ ...shared, ...dispatch, workflowBundle, onClaimsExpired }),
          await makeOutboundWorker({
            ...shared,
            workflowBundle,
            pool,
            vault,
            egress,
            log,
            wake: courier.wake,
            start: courier.start,
            transactions: attemptTransactions,
            onAttempt: metrics.attempted,
          }),
          await makeMaintenanceWorker({
            ...shared,
            workflowBundle,
            pool,
            vault,
            log,
            mailer,
            rouseRotation: jobs.rouseRotation,
            rouseReplay: jobs.rouseReplay,
            onClaimsExpired,
          }),
        );
      }
      if (handlerBundle !== undefined) {
        const resolveRun = (workflowId: string) => resolveHandlerRun(pool, workflowId);
        workers.push(
          await makeHandlerWorker({ ...shared, workflowBundle: handlerBundle, resolveRun }),
        );
      }
      return workers;
    },
    async close() {
      await outboundSweeper.stop();
      await assistantSweeper.stop();
      await assistant.close();
      await courier.close();
      await jobs.close();
      mailer?.close();
      await egress.close();
      await evaluator.close();
      await pool.end();
    },
  };
}

function openMailer(config: Config): Mailer | undefined {
  const smtpUrl = config.TIDEGATE_SMTP_URL;
  return smtpUrl === undefined
    ? undefined
    : makeMailer({ smtpUrl, from: config.TIDEGATE_SMTP_FROM });
}

async function assertReady(pool: Pool, config: Config): Promise<void> {
  await assertTenantWalls(pool);
  const trouble = await schemaTrouble(pool);
  if (trouble !== undefined) throw new Error(`Tidegate refuses to start: ${trouble}`);
  await assertMasterKeys(pool, config.TIDEGATE_MASTER_KEYS);
}
