import packageJson from '../../package.json' with { type: 'json' };
import type { Config } from '../../shared/config/schema.ts';
import type { TemporalConfig } from '../../shared/config/temporal.ts';
import { resolveAutomationCredential } from '../../shared/db/queries/automation-credentials.ts';
import { resolvePersonalToken } from '../../shared/db/queries/personal-tokens.ts';
import { resolveTenant } from '../../shared/db/queries/tenants.ts';
import { checkEndpointUrl } from '../../shared/egress/endpoint-url.ts';
import { egressPolicy } from '../../shared/egress/policy-of-config.ts';
import { normalisePolicy } from '../../shared/egress/policy.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { openFoundation } from '../worker/compose.ts';
import { startEngine } from '../worker/engine.ts';
import { serveMetrics } from '../worker/metrics-server.ts';
import { makeProcessHealth } from '../worker/process-health.ts';
import { queueNames } from '../worker/queues.ts';
import { makeAddressLimit } from './api/address-limit.ts';
import { makeAuthenticate } from './api/authenticate.ts';
import { makeAdmitKey } from './api/key-limit.ts';
import { makeAdmitRead } from './api/read-limit.ts';
import { apiRoutes } from './api/routes/index.ts';
import { makeApp } from './app.ts';
import { openClaims } from './claims/services.ts';
import type { EndpointServices } from './endpoints/services.ts';
import { makeTemporalUrl } from './hooks/temporal-url.ts';
import { makeAccept } from './receiver/accept.ts';
import { makeAcceptedDeliveries } from './receiver/accepted-deliveries.ts';
import { makeAcceptor } from './receiver/acceptor.ts';
import { startAnswerLog } from './receiver/answer-log.ts';
import { makeAnswerHookHandshake } from './receiver/handshake.ts';
import { makeHookDirectory } from './receiver/hook-directory.ts';
import { makeOutcomeHub } from './receiver/outcome-hub.ts';
import { makeAdmitRequest } from './receiver/rate-limit.ts';
import { makeReceive } from './receiver/receive.ts';
import { makeRefuseStart } from './receiver/refuse-start.ts';
import { makeRejectBudget } from './receiver/reject-budget.ts';
import { makeRightOfWay } from './receiver/right-of-way.ts';
import { makeSeeThrough } from './receiver/see-through.ts';
import { makeSettle } from './receiver/settle.ts';
import { boundStarter, makeStarter } from './receiver/starter.ts';
import { startSweeper } from './receiver/sweeper.ts';
import { makeTenantDirectory } from './receiver/tenant-directory.ts';

export interface Gateway {
  /** Where the gateway listens, as a URL without a trailing slash. */
  readonly url: string;
  /** Stops accepting, finishes what runs, closes what was opened, in reverse order. */
  close(): Promise<void>;
}

const { version } = packageJson;
const nowMs = (): number => performance.now();
/** What an answer may take beyond the wait for its outcome: the database, when it is slow. */
const answerMarginMs = 30_000;
/** Starts under way at once that a request waits for; at 10 ms each, more than a small engine takes. */
const awaitedStartsMax = 32;

/** Builds and starts a gateway from its configuration. Throws when it must not run: openFoundation says when. */
export async function startGateway(
  config: Config,
  temporal: TemporalConfig,
  log: Logger,
): Promise<Gateway> {
  const foundation = await openFoundation(config, log, 'tidegate-gateway', {
    isInbound: config.TIDEGATE_INBOUND_WORKER,
    isHandlers: config.TIDEGATE_HANDLER_WORKER,
  });
  const { pool, withTenant, vault, evaluator, catalogue } = foundation;
  const hub = makeOutcomeHub();
  const accepted = makeAcceptedDeliveries();
  const engine = startEngine({
    log,
    temporal,
    makeWorkers: (connection, namespace) =>
      foundation.makeWorkers(connection, namespace, {
        takeAccepted: accepted.take,
        onOutcome: hub.publish,
      }),
  });
  const starter = makeStarter({
    client: engine.client,
    taskQueue: queueNames(config.TIDEGATE_TASK_QUEUE).inbound,
    budgetMs: config.TIDEGATE_START_BUDGET_MS,
    isEager: config.TIDEGATE_INBOUND_WORKER,
  });
  const claims = openClaims({
    client: engine.client,
    taskQueue: queueNames(config.TIDEGATE_TASK_QUEUE).inbound,
    withTenant,
    log,
    budgetMs: config.TIDEGATE_CLAIM_BUDGET_MS,
    metrics: foundation.metrics,
  });
  const refuseStart = makeRefuseStart(withTenant);
  const way = makeRightOfWay({ nowMs });
  const seeThrough = makeSeeThrough({ starter, hub, way });
  const sweeper = startSweeper({
    pool,
    withTenant,
    starter,
    seeThrough,
    refuseStart,
    log,
    intervalMs: config.TIDEGATE_SWEEP_INTERVAL_MS,
  });
  const answers = startAnswerLog({ withTenant, log });
  // Known once the gateway listens, and not asked for before.
  let listeningUrl = '';
  const shared = {
    vault,
    evaluator,
    settle: makeSettle({
      starter: boundStarter(starter, {
        slots: awaitedStartsMax,
        waitMs: config.TIDEGATE_START_BUDGET_MS,
      }),
      seeThrough,
      refuseStart,
      hub,
      way,
      log,
      outcomeWaitMs: config.TIDEGATE_OUTCOME_WAIT_MS,
    }),
    publicUrl: () => config.TIDEGATE_PUBLIC_URL ?? listeningUrl,
    startGraceMs: config.TIDEGATE_START_GRACE_MS,
    bodyLimitBytes: config.TIDEGATE_BODY_LIMIT_BYTES,
  };
  const receive = makeReceive({
    ...shared,
    withTenant,
    way,
    hooks: makeHookDirectory({ withTenant, vault: shared.vault }),
    tenants: makeTenantDirectory({ lookUp: (slug) => resolveTenant(pool, slug), nowMs }),
    mayStoreRejection: makeRejectBudget({ nowMs }),
    answerHandshake: makeAnswerHookHandshake({ withTenant, vault: shared.vault }),
    accept: makeAccept({
      ...shared,
      withTenant,
      storeAccepted: makeAcceptor({ selfContained: foundation.selfContained }),
      answers,
      accepted,
      admit: makeAdmitRequest({ withTenant }),
    }),
  });
  const urlPolicy = normalisePolicy(egressPolicy(config));
  const endpoints: EndpointServices = {
    vault,
    checkUrl: foundation.egress.checkUrl,
    readUrl: (text) => checkEndpointUrl(text, urlPolicy),
    wake: foundation.courier.wake,
    temporalUrl: makeTemporalUrl(config.TIDEGATE_TEMPORAL_UI_URL, temporal.namespace),
  };
  const health = makeProcessHealth(foundation, engine, config);
  const app = makeApp({
    log,
    version,
    trustedProxies: config.TIDEGATE_TRUSTED_PROXIES,
    admitAddress: makeAddressLimit({
      requestsPerMinute: config.TIDEGATE_REQUESTS_PER_MINUTE_PER_ADDRESS,
      nowMs,
    }),
    onAnswered: foundation.metrics.answered,
    requestTimeoutMs: config.TIDEGATE_REQUEST_TIMEOUT_MS,
    answerTimeoutMs: config.TIDEGATE_OUTCOME_WAIT_MS + answerMarginMs,
    receive,
    eventRetentionDays: config.TIDEGATE_EVENT_RETENTION_DAYS,
    endpoints,
    api: {
      routes: apiRoutes({
        ...shared,
        actions: catalogue.actions,
        workflows: [...catalogue.builtInWorkflows, ...catalogue.workflows.listWorkflows()],
        ...endpoints,
        noteRotation: foundation.jobs.noteRotation,
        noteReplay: foundation.jobs.noteReplay,
        ...claims.services,
        eventRetentionDays: config.TIDEGATE_EVENT_RETENTION_DAYS,
      }),
      authenticate: makeAuthenticate({
        lookUp: (sha256) => resolvePersonalToken(pool, sha256),
        lookUpKey: (sha256) => resolveAutomationCredential(pool, sha256),
      }),
      admitRead: makeAdmitRead({ withTenant }),
      admitKey: makeAdmitKey({
        withTenant,
        quotas: {
          key: config.TIDEGATE_KEY_REQUESTS_PER_MINUTE,
          tenant: config.TIDEGATE_TENANT_REQUESTS_PER_MINUTE,
        },
      }),
      withTenant,
      vault: shared.vault,
    },
    operator: {
      operatorToken: config.TIDEGATE_OPERATOR_TOKEN,
      pool,
      withTenant,
      vault: shared.vault,
    },
    health: {
      required: { database: health.database, migrations: health.migrations },
      // While Temporal is away the gateway still accepts.
      reported: { temporal: health.temporal, pollers: health.pollers },
      about: health.about,
    },
  });
  const url = await app.listen({ host: config.TIDEGATE_HOST, port: config.TIDEGATE_PORT });
  listeningUrl = url;
  const metricsServer = await serveMetrics(config, foundation.metrics, log);
  log.info({ event: 'gateway.listening', url }, 'the gateway accepts requests');

  return {
    url,
    async close() {
      await app.close();
      await metricsServer.close();
      await sweeper.stop();
      await answers.stop();
      await claims.close();
      await engine.close();
      await foundation.close();
    },
  };
}
