import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { Pool } from 'pg';
import type { TestProject } from 'vitest/node';
import { startGateway } from '../../apps/gateway/gateway.ts';
import { installRuntime } from '../../apps/worker/runtime.ts';
import { loadConfig } from '../../shared/config/load.ts';
import { loadTemporalConfig } from '../../shared/config/temporal.ts';
import { databaseRoles, urlForRole } from '../../shared/db/provision.ts';
import { makeLogger } from '../../shared/telemetry/logger.ts';
import type { EndpointSettings } from '../../shared/db/queries/endpoints.ts';
import { apiAs, type ApiCaller } from '../support/api.ts';
import { automationKey } from '../support/automation.ts';
import { eventually } from '../support/eventually.ts';
import {
  makeFactory,
  send,
  type Factory,
  type TestHook,
  type TestTenant,
} from '../support/factory.ts';
import { makeEndpoint, type TestEndpoint } from '../support/outbound.ts';
import setUpServers from '../support/global-setup.ts';
import { templateDatabase, type TestServers } from '../support/servers.ts';

/** The whole product on servers of its own, for the recorder of histories. */
export interface Rig {
  readonly factory: Factory;
  /** As a superuser. */
  readonly admin: Pool;
  /** Sends a request to a hook. Gives the runs of its delivery: Tidegate's, and the handler's. */
  post(hook: TestHook, body: unknown): Promise<Runs>;
  /** Makes an endpoint, on this machine. */
  endpoint(
    tenant: TestTenant,
    settings: Partial<EndpointSettings> & { readonly url: string },
  ): Promise<TestEndpoint>;
  /** The API as an administrator of a tenant. */
  api(tenant: TestTenant): Promise<ApiCaller>;
  /** The API as a credential of a tenant, with all scopes. */
  key(tenant: TestTenant): Promise<ApiCaller>;
  /** The run of a workflow id. */
  run(workflowId: string): WorkflowHandle;
  stop(): Promise<void>;
}

export interface Runs {
  readonly inbound: WorkflowHandle;
  /** Known once the delivery is dispatched to a handler workflow. */
  handler(): Promise<WorkflowHandle>;
}

const examples = fileURLToPath(new URL('../../examples/extensions', import.meta.url));

export async function startRig(): Promise<Rig> {
  const log = makeLogger({ level: 'error', name: 'record' });
  installRuntime(log);
  const { servers, tearDown } = await startServers();
  const { adminUrl, appPassword, temporalAddress } = servers;
  const appUrl = urlForRole(adminUrl, databaseRoles.app, appPassword, templateDatabase);
  const masterKeys = `record:${randomBytes(32).toString('base64')}`;
  const config = loadConfig({
    DATABASE_URL: appUrl,
    TIDEGATE_MASTER_KEYS: masterKeys,
    TIDEGATE_PORT: '0',
    TIDEGATE_EXTENSIONS: examples,
    TIDEGATE_EGRESS_ALLOW_LOOPBACK: 'true',
  });
  const temporal = loadTemporalConfig({ TEMPORAL_ADDRESS: temporalAddress });
  const gateway = await startGateway(config, temporal, log);
  await eventually(() => expectConnected(gateway.url), 60_000);
  const admin = new Pool({
    connectionString: new URL(`/${templateDatabase}`, adminUrl).toString(),
  });
  const factory = makeFactory(appUrl, masterKeys);
  const connection = await Connection.connect({ address: temporalAddress });
  const client = new Client({ connection });

  /** A workflow id of the newest delivery of a hook, once it has one. */
  async function newest(hook: TestHook, column: 'workflow_id' | 'handler_workflow_id') {
    const { rows } = await admin.query<Record<typeof column, string | null>>(
      `select workflow_id, handler_workflow_id from inbound_deliveries
       where hook_id = $1 order by id desc limit 1`,
      [hook.id],
    );
    const workflowId = rows[0]?.[column];
    if (!workflowId) throw new Error(`the delivery has no ${column}`);
    return client.workflow.getHandle(workflowId);
  }

  return {
    factory,
    admin,
    async post(hook, body) {
      await send(gateway.url, hook, body, { headers: { prefer: 'respond-async' } });
      const inbound = await newest(hook, 'workflow_id');
      return { inbound, handler: () => newest(hook, 'handler_workflow_id') };
    },
    endpoint: (tenant, settings) =>
      makeEndpoint(factory.withTenant, masterKeys, tenant.id, settings),
    api: async (tenant) => apiAs(gateway.url, (await factory.user(tenant)).token),
    key: async (tenant) => apiAs(gateway.url, (await automationKey({ factory }, tenant)).secret),
    run: (workflowId) => client.workflow.getHandle(workflowId),
    async stop() {
      await connection.close();
      await gateway.close();
      await factory.close();
      await admin.end();
      await tearDown();
    },
  };
}

/** Throws until a gateway has reached Temporal. */
async function expectConnected(url: string): Promise<void> {
  const response = await fetch(`${url}/readyz`);
  const { checks } = (await response.json()) as { checks: Record<string, string> };
  if (checks['temporal'] !== 'ok') throw new Error(`Temporal: ${checks['temporal']}`);
}

/** The servers of a test run, without a test run. */
async function startServers(): Promise<{
  readonly servers: TestServers;
  readonly tearDown: () => Promise<void>;
}> {
  const provided: TestServers[] = [];
  const project = { provide: (_key: string, value: TestServers) => provided.push(value) };
  const tearDown = await setUpServers(project as unknown as TestProject);
  const [servers] = provided;
  if (servers === undefined) throw new Error('the servers were not provided');
  return { servers, tearDown };
}
