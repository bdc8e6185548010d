import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { startChild, type Child } from '../../apps/dev/children.ts';
import { publishWorkflow } from '../../shared/db/queries/published-workflows.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import {
  makeFactory,
  send,
  type Factory,
  workflowHandler,
  directAction,
} from '../support/factory.ts';
import { connectClient, type TestClient } from '../support/temporal.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const dir = mkdtempSync(path.join(os.tmpdir(), 'tidegate-outside-'));
const extensions = path.join(dir, 'extensions');

let database: TestDatabase;
let factory: Factory;
let temporal: TestClient;
let gateway: Child;
let url: string;

// A real process, as a deployment runs it: nothing of the test runner resolves its imports.
beforeAll(async () => {
  cpSync(path.join(repository, 'examples', 'extensions', 'actions'), `${extensions}/actions`, {
    recursive: true,
  });
  cpSync(path.join(repository, 'test/fixtures/extensions/workflows'), `${extensions}/workflows`, {
    recursive: true,
  });
  writeFileSync(path.join(extensions, 'package.json'), '{ "type": "module" }');
  database = await createTestDatabase();
  temporal = await connectClient();
  const masterKeys = `test:${randomBytes(32).toString('base64')}`;
  factory = makeFactory(database.appUrl, masterKeys);
  const listening = Promise.withResolvers<string>();
  gateway = startChild({
    name: 'gateway',
    dir,
    command: process.execPath,
    args: [path.join(repository, 'apps/gateway/main.ts')],
    cwd: dir,
    env: {
      DATABASE_URL: database.appUrl,
      TEMPORAL_ADDRESS: inject('servers').temporalAddress,
      TIDEGATE_MASTER_KEYS: masterKeys,
      TIDEGATE_EXTENSIONS: extensions,
      TIDEGATE_PORT: '0',
      TIDEGATE_TASK_QUEUE: `test-${randomUUID()}`,
    },
    onLine(line) {
      const entry = JSON.parse(line) as { event?: string; url?: string };
      if (entry.event === 'gateway.listening') listening.resolve(String(entry.url));
    },
  });
  void gateway.exited.then((how) => listening.reject(new Error(`the gateway ended (${how})`)));
  url = await listening.promise;
});
afterAll(async () => {
  await gateway?.stop('SIGTERM');
  await temporal?.close();
  await factory?.close();
  await database?.drop();
  rmSync(dir, { recursive: true });
});

async function rowOf(table: 'tickets' | 'inbound_deliveries', tenantId: string) {
  const { rows } = await database.admin.query<Record<string, unknown>>(
    `select * from ${table} where tenant_id = $1`,
    [tenantId],
  );
  expect(rows).toHaveLength(1);
  return rows[0] ?? {};
}

test('S-021 an extension folder outside the repository adds a workflow that a hook runs', async () => {
  const tenant = await factory.tenant();
  const hook = await factory.hook(tenant, { handler: workflowHandler('echo') });
  await factory.withTenant(tenant.id, (tx) => publishWorkflow(tx, 'echo', null));
  expect((await send(url, hook, { order: { id: 'o-1' } })).status).toBe(200);
  const delivery = await eventually(async () => {
    const row = await rowOf('inbound_deliveries', tenant.id);
    expect(row).toMatchObject({ dispatch_status: 'dispatched' });
    return row;
  });
  const handle = temporal.client.workflow.getHandle(String(delivery['handler_workflow_id']));
  expect(await handle.result()).toMatchObject({ body: { order: { id: 'o-1' }, note: 'none' } });
});

test('S-021 an extension folder outside the repository adds an action that a hook runs', async () => {
  const tenant = await factory.tenant();
  const { clientId, boardId, priorityId } = tenant.desk;
  const hook = await factory.hook(tenant, {
    handler: directAction('openIncident', {
      service: 'service',
      severity: 'severity',
      started_at: 'at',
      client_id: JSON.stringify(clientId),
      board_id: JSON.stringify(boardId),
      priority_id: JSON.stringify(priorityId),
    }),
  });
  const alert = { service: 'db-1', severity: 'critical', at: '2026-01-01T12:00:00Z' };
  expect((await send(url, hook, alert)).status).toBe(200);
  expect(await eventually(() => rowOf('tickets', tenant.id))).toMatchObject({
    title: '[critical] db-1',
    due_date: new Date('2026-01-01T12:15:00Z'),
  });
});

test('a severity that the example action does not know is refused before its code runs', async () => {
  const tenant = await factory.tenant();
  const hook = await factory.hook(tenant, {
    handler: directAction('openIncident', { service: 'service', severity: 'severity' }),
  });
  expect((await send(url, hook, { service: 'db-1', severity: 'cosmic' })).status).toBe(400);
  expect(await rowOf('inbound_deliveries', tenant.id)).toMatchObject({
    outcome: { code: 'mapping_failed', field: 'severity' },
  });
});
