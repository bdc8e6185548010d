import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { WorkflowHandle } from '@temporalio/client';
import { parseKeyRing } from '../../shared/crypto/key-ring.ts';
import { makeTenantVault } from '../../shared/crypto/tenant-vault.ts';
import type { Pool } from '../../shared/db/pool.ts';
import { toWireId } from '../../shared/domain/ids.ts';
import { rotateSecret, rotationItself } from '../../shared/outbound/secret-rotation.ts';
import { secretPrefix } from '../../shared/signing/secrets.ts';
import {
  rotationUpdateNames,
  rotationWorkflowId,
} from '../../workflows/secret-rotation/contract.ts';
import { openAppPool } from '../support/database.ts';
import { apiAs, type ApiCaller } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import type { TestTenant } from '../support/factory.ts';
import { maintenanceActivities } from '../support/maintenance.ts';
import { startOutboundRig, type OutboundRig } from '../support/outbound-rig.ts';
import type { TestEndpoint } from '../support/outbound.ts';
import { connectClient, type TestClient } from '../support/temporal.ts';

let rig: OutboundRig;
let temporal: TestClient;
let pool: Pool;
let tenant: TestTenant;
let endpoint: TestEndpoint;
let api: ApiCaller;

beforeAll(async () => {
  rig = await startOutboundRig();
  temporal = await connectClient();
  pool = openAppPool(rig.database.appUrl);
});
afterAll(async () => {
  await pool.end();
  await temporal.close();
  await rig.stop();
});
beforeEach(async () => {
  tenant = await rig.factory.tenant();
  api = apiAs(rig.gateway.url, (await rig.factory.user(tenant)).token);
  endpoint = await rig.endpoint(tenant, { url: 'http://127.0.0.1:1/never-called' });
});

const wireId = () => toWireId('endpoint', endpoint.id);
const rotate = async (graceSeconds: number) =>
  (await api.post(`/webhooks/${wireId()}/rotate-secret`, { graceSeconds })).body;
const run = (): WorkflowHandle =>
  temporal.client.workflow.getHandle(rotationWorkflowId(tenant.slug, wireId()));

/** Waits until the run has come to its end. */
const ended = (withinMs?: number) =>
  eventually(async () => expect((await run().describe()).status.name).toBe('COMPLETED'), withinMs);

/** Waits until the run looks after the rotation. */
const watched = () =>
  eventually(async () => {
    const { rowCount } = await rig.database.admin.query(
      'select from endpoint_secrets where endpoint_id = $1 and watched_at is not null',
      [endpoint.id],
    );
    expect(rowCount).toBe(1);
  });

async function prefixes(): Promise<readonly string[]> {
  const { rows } = await rig.database.admin.query<{ prefix: string }>(
    'select prefix from endpoint_secrets where endpoint_id = $1 order by created_at',
    [endpoint.id],
  );
  return rows.map(({ prefix }) => prefix);
}

async function events(): Promise<readonly string[]> {
  const { rows } = await rig.database.admin.query<{ type: string }>(
    `select type from events where tenant_id = $1 order by occurred_at, id`,
    [tenant.id],
  );
  return rows.map(({ type }) => type);
}

describe('the run of a rotation', () => {
  test('S-070 warns half-way through a short grace, erases the old secret at its end, and ends', async () => {
    const { signingSecret } = await rotate(12);
    await ended(30_000);
    expect(await prefixes()).toEqual([secretPrefix(signingSecret)]);
    expect(await events()).toEqual(['endpoint.secret_expiring', 'endpoint.secret_rotated']);
  });

  test('S-071 has nothing to wait for without a grace', async () => {
    await rotate(0);
    await ended();
    expect(await events()).toEqual(['endpoint.secret_rotated']);
  });

  test('looks after a rotation that replaces the one it waits for', async () => {
    await rotate(3_600);
    await watched();
    const { signingSecret } = await rotate(1);
    await run().result();
    expect(await prefixes()).toEqual([secretPrefix(signingSecret)]);
  });

  test('ends when the API finishes the rotation', async () => {
    await rotate(3_600);
    await watched();
    await api.post(`/webhooks/${wireId()}/rotate-secret/finish`);
    await run().result();
    expect(await events()).toEqual(['endpoint.secret_rotated']);
  });

  test('finishes at once when an operator asks it to', async () => {
    const { signingSecret } = await rotate(3_600);
    await watched();
    expect(await run().executeUpdate(rotationUpdateNames.finishNow)).toBe(true);
    await run().result();
    expect(await prefixes()).toEqual([secretPrefix(signingSecret)]);
  });

  test('gives back the old secret when an operator aborts it', async () => {
    await rotate(3_600);
    await watched();
    expect(await run().executeUpdate(rotationUpdateNames.abort)).toBe(true);
    await run().result();
    expect(await prefixes()).toEqual([secretPrefix(endpoint.secret)]);
    expect(await events()).toEqual([]);
  });

  test('S-069 holds no secret in its history', async () => {
    const { signingSecret } = await rotate(1);
    await ended();
    const history = JSON.stringify(await run().fetchHistory());
    expect(history).not.toContain(signingSecret);
    expect(history).not.toContain(Buffer.from(signingSecret).toString('base64'));
    expect(history).not.toContain(endpoint.secret);
  });

  test('S-138 is started by the maintenance job where nobody started it', async () => {
    const vault = makeTenantVault(parseKeyRing(rig.masterKeys));
    await rig.factory.withTenant(tenant.id, (tx) =>
      rotateSecret(vault, tx, { endpointId: endpoint.id, graceSeconds: 3_600 }, rotationItself),
    );
    const roused: string[] = [];
    const activities = maintenanceActivities(pool, rig.factory, {
      rouseRotation: async (_tenantId, endpointId) => void roused.push(endpointId),
    });
    const limits = { olderThanMs: 0, rowsMax: 100, pauseMs: 1, timeMaxMs: 5_000 };
    await activities.runMaintenanceJob({ name: 'startRotations', ...limits });
    expect(roused).toContain(endpoint.id);
  });
});
