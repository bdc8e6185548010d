import { Webhook } from 'standardwebhooks';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Pool } from '../../shared/db/pool.ts';
import { toWireId } from '../../shared/domain/ids.ts';
import { parseKeyRing } from '../../shared/crypto/key-ring.ts';
import { makeTenantVault } from '../../shared/crypto/tenant-vault.ts';
import { makeEndpointSecret, secretPrefix } from '../../shared/signing/secrets.ts';
import { openAppPool } from '../support/database.ts';
import { apiAs, type ApiCaller } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import type { TestTenant } from '../support/factory.ts';
import { maintenanceActivities } from '../support/maintenance.ts';
import { startOutboundRig, type OutboundRig } from '../support/outbound-rig.ts';
import type { TestEndpoint } from '../support/outbound.ts';
import { startReceiver, type ReceivedRequest, type TestReceiver } from '../support/receiver.ts';

let rig: OutboundRig;
let receiver: TestReceiver;
let pool: Pool;
let tenant: TestTenant;
let api: ApiCaller;
let endpoint: TestEndpoint;
let userId: string;

beforeAll(async () => {
  rig = await startOutboundRig();
  receiver = await startReceiver();
  pool = openAppPool(rig.database.appUrl);
});
afterAll(async () => {
  await pool.end();
  await receiver.close();
  await rig.stop();
});
beforeEach(async () => {
  tenant = await rig.factory.tenant();
  const user = await rig.factory.user(tenant);
  userId = user.id;
  api = apiAs(rig.gateway.url, user.token);
  endpoint = await rig.endpoint(tenant, {
    url: `${receiver.url}/${tenant.slug}`,
    maxInFlight: 20,
    ratePerMinute: 60_000,
    eventTypes: ['ticket.created'],
  });
});

const path = (rest = ''): string =>
  `/webhooks/${toWireId('endpoint', endpoint.id)}/rotate-secret${rest}`;

const received = (): readonly ReceivedRequest[] =>
  receiver.requests.filter((request) => request.path === `/${tenant.slug}`);

/** Sends one event and gives the request that came of it. */
async function deliver(): Promise<ReceivedRequest> {
  const before = received().length;
  await rig.publish(tenant, { type: 'ticket.created' });
  return eventually(() => {
    const request = received()[before];
    if (request === undefined) throw new Error('nothing was delivered');
    return request;
  });
}

function isSignedBy(request: ReceivedRequest, secret: string): boolean {
  try {
    new Webhook(secret).verify(request.body, request.headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
}

const signatures = ({ headers }: ReceivedRequest): number =>
  String(headers['webhook-signature']).split(' ').length;

interface SecretRow {
  readonly prefix: string;
  readonly expires_at: Date | null;
}

async function secrets(): Promise<readonly SecretRow[]> {
  const { rows } = await rig.database.admin.query<SecretRow>(
    `select prefix, expires_at from endpoint_secrets where endpoint_id = $1 order by created_at`,
    [endpoint.id],
  );
  return rows;
}

/**
 * Lets the rotation stand as if it had begun earlier. Its run sleeps by then, until the end as it was: it
 * erases nothing meanwhile.
 */
async function age(seconds: number): Promise<void> {
  await eventually(async () => {
    const { rowCount } = await rig.database.admin.query(
      'select from endpoint_secrets where endpoint_id = $1 and watched_at is not null',
      [endpoint.id],
    );
    expect(rowCount).toBe(1);
  });
  await rig.database.admin.query(
    `update endpoint_secrets
     set expires_at = expires_at - make_interval(secs => $2),
       warn_at = warn_at - make_interval(secs => $2)
     where endpoint_id = $1 and expires_at is not null`,
    [endpoint.id, seconds],
  );
}

async function events(): Promise<readonly { type: string; data: Record<string, unknown> }[]> {
  const { rows } = await rig.database.admin.query<{ type: string; data: Record<string, unknown> }>(
    `select type, data from events where tenant_id = $1 and type like 'endpoint.%' order by id`,
    [tenant.id],
  );
  return rows;
}

const runJob = (name: 'tendRotations' | 'sealLegacySecrets') =>
  maintenanceActivities(pool, rig.factory, {
    vault: makeTenantVault(parseKeyRing(rig.masterKeys)),
  }).runMaintenanceJob({ name, olderThanMs: 0, rowsMax: 100, pauseMs: 1, timeMaxMs: 60_000 });

describe('a rotation with a grace', () => {
  test('S-070 gives the new secret and the end of the old one once; both sign until then', async () => {
    const before = Date.now();
    const { status, body } = await api.post(path(), {});
    expect(status).toBe(200);
    expect(body.signingSecret).toMatch(/^whsec_[A-Za-z0-9]{48}$/);
    const graceMs = Date.parse(body.previousSecretExpiresAt) - before;
    expect(graceMs).toBeGreaterThan(86_390_000);
    expect(graceMs).toBeLessThan(86_500_000);
    const request = await deliver();
    expect(signatures(request)).toBe(2);
    expect(isSignedBy(request, endpoint.secret)).toBe(true);
    expect(isSignedBy(request, body.signingSecret)).toBe(true);
    const [delivery] = await rig.deliveries(tenant);
    const attempts = await eventually(async () => {
      const found = await rig.attempts(delivery?.id ?? '');
      expect(found).toHaveLength(1);
      return found;
    });
    expect(attempts[0]?.signed_by).toEqual([body.signingSecret, endpoint.secret].map(secretPrefix));
  });

  test('S-070 signs with the new secret alone once it is over, before any janitor ran', async () => {
    const { body } = await api.post(path(), {});
    await age(86_401);
    const request = await deliver();
    expect(await secrets()).toHaveLength(2);
    expect(signatures(request)).toBe(1);
    expect(isSignedBy(request, body.signingSecret)).toBe(true);
    expect(isSignedBy(request, endpoint.secret)).toBe(false);
  });

  test('S-138 has its old secret erased by the janitor, once, told by an event and the audit log', async () => {
    await api.post(path(), {});
    await age(86_401);
    const results = await Promise.all([runJob('tendRotations'), runJob('tendRotations')]);
    expect(results.every(({ isDone }) => isDone)).toBe(true);
    expect(await secrets()).toHaveLength(1);
    expect((await runJob('tendRotations')).rows).toBe(0);
    expect((await events()).map(({ type }) => type)).toEqual(['endpoint.secret_rotated']);
    const audit = await api.get('/audit?resourceType=webhook');
    expect(audit.body.data.map(({ action }: { action: string }) => action)).toEqual([
      'webhook.rotation_finished',
      'webhook.secret_rotated',
    ]);
  });

  test('warns before the end, once', async () => {
    const { body } = await api.post(path(), {});
    await age(86_400 - 3_000);
    await Promise.all([runJob('tendRotations'), runJob('tendRotations')]);
    await runJob('tendRotations');
    const told = await events();
    expect(told.map(({ type }) => type)).toEqual(['endpoint.secret_expiring']);
    const endsAt = Date.parse(String(told[0]?.data['previousSecretExpiresAt']));
    expect(
      Math.abs(endsAt + (86_400 - 3_000) * 1_000 - Date.parse(body.previousSecretExpiresAt)),
    ).toBeLessThan(1_000);
  });

  test('ends what an earlier one had left: at most two secrets sign', async () => {
    const first = await api.post(path(), {});
    const second = await api.post(path(), { graceSeconds: 600 });
    const request = await deliver();
    expect(signatures(request)).toBe(2);
    expect(isSignedBy(request, endpoint.secret)).toBe(false);
    expect(isSignedBy(request, first.body.signingSecret)).toBe(true);
    expect(isSignedBy(request, second.body.signingSecret)).toBe(true);
  });

  test('S-070 fails the verification of no delivery, whichever of the two its receiver knows', async () => {
    const known = [endpoint.secret];
    const count = 60;
    const publishAll = (async () => {
      for (let made = 0; made < count; made += 1) {
        await rig.publish(tenant, { type: 'ticket.created' });
      }
    })();
    const { body } = await api.post(path(), {});
    known.push(body.signingSecret);
    await publishAll;
    await eventually(async () => {
      await rig.hasten(tenant);
      expect(received().length).toBeGreaterThanOrEqual(count);
    }, 30_000);
    for (const request of received()) {
      // A receiver that has not heard of the rotation yet.
      expect(isSignedBy(request, endpoint.secret)).toBe(true);
      expect(known.some((secret) => isSignedBy(request, secret))).toBe(true);
    }
  });
});

describe('a rotation without a grace', () => {
  test('S-071 S-123 stops the old secret at once, is audited and changes updatedAt', async () => {
    const before = await api.get(`/webhooks/${toWireId('endpoint', endpoint.id)}`);
    const { body } = await api.post(path(), { graceSeconds: 0 });
    expect(body.previousSecretExpiresAt).toBeNull();
    const request = await deliver();
    expect(signatures(request)).toBe(1);
    expect(isSignedBy(request, body.signingSecret)).toBe(true);
    const after = await api.get(`/webhooks/${toWireId('endpoint', endpoint.id)}`);
    expect(Date.parse(after.body.data.updatedAt)).toBeGreaterThan(
      Date.parse(before.body.data.updatedAt),
    );
    expect(after.body.data.secretPrefix).toBe(secretPrefix(body.signingSecret));
    const audit = await api.get('/audit?action=webhook.secret_rotated');
    expect(audit.body.data).toMatchObject([
      { actorType: 'user', actorId: userId, details: { graceSeconds: 0 } },
    ]);
    expect(JSON.stringify(audit.body)).not.toContain(body.signingSecret);
  });
});

describe('ending a rotation early', () => {
  test('finish leaves the new secret, and is refused when none is running', async () => {
    const { body } = await api.post(path(), {});
    expect((await api.post(path('/finish'))).body).toEqual({
      secretPrefix: secretPrefix(body.signingSecret),
      previousSecretExpiresAt: null,
    });
    expect(isSignedBy(await deliver(), endpoint.secret)).toBe(false);
    const again = await api.post(path('/finish'));
    expect(again).toMatchObject({ status: 409, body: { code: 'rotation_not_running' } });
  });

  test('abort gives back the old secret and erases the new one', async () => {
    const { body } = await api.post(path(), {});
    expect((await api.post(path('/abort'))).body.secretPrefix).toBe(secretPrefix(endpoint.secret));
    const request = await deliver();
    expect(signatures(request)).toBe(1);
    expect(isSignedBy(request, endpoint.secret)).toBe(true);
    expect(isSignedBy(request, body.signingSecret)).toBe(false);
    expect(await events()).toEqual([]);
    expect((await api.post(path('/abort'))).body.code).toBe('rotation_not_running');
  });

  test('abort comes too late once the old secret has ended', async () => {
    const { body } = await api.post(path(), {});
    await age(86_401);
    expect((await api.post(path('/abort'))).body.code).toBe('rotation_not_running');
    expect(isSignedBy(await deliver(), body.signingSecret)).toBe(true);
  });
});

describe('what a rotation takes', () => {
  test('a kind that the profile cannot sign with is refused, and changes nothing', async () => {
    expect(await api.post(path(), { kind: 'hex' })).toMatchObject({
      status: 409,
      body: { code: 'secret_kind_refused' },
    });
    expect(await secrets()).toHaveLength(1);
  });

  test('from a shared secret to a key pair, both sign during the grace', async () => {
    const { body } = await api.post(path(), { kind: 'ed25519' });
    expect(body.publicKey).toMatch(/^whpk_/);
    const request = await deliver();
    expect(String(request.headers['webhook-signature'])).toMatch(/^v1a,\S+ v1,|^v1,\S+ v1a,/);
    expect(isSignedBy(request, endpoint.secret)).toBe(true);
  });

  test('S-127 an endpoint of another tenant is not found', async () => {
    const other = await rig.factory.user(await rig.factory.tenant());
    const answer = await apiAs(rig.gateway.url, other.token).post(path(), {});
    expect(answer.status).toBe(404);
    expect(await secrets()).toHaveLength(1);
  });

  test('a grace of more than 30 days is refused', async () => {
    expect((await api.post(path(), { graceSeconds: 2_592_001 })).status).toBe(400);
  });
});

describe('a secret that was brought along as plain text', () => {
  test('S-069 signs at once and is sealed by a batch job, which says when none is left', async () => {
    const secret = makeEndpointSecret();
    await rig.database.admin.query('delete from endpoint_secrets where endpoint_id = $1', [
      endpoint.id,
    ]);
    await rig.database.admin.query(
      `insert into endpoint_secrets (tenant_id, endpoint_id, id, kind, prefix, legacy_plaintext)
       values ($1, $2, $3, 'whsec', $4, $5)`,
      [tenant.id, endpoint.id, uuidv7(), secretPrefix(secret), secret],
    );
    expect(isSignedBy(await deliver(), secret)).toBe(true);
    expect(await runJob('sealLegacySecrets')).toEqual({ rows: 1, isDone: true });
    const { rows } = await rig.database.admin.query<{ plain: string | null; sealed: Buffer }>(
      `select legacy_plaintext as plain, sealed from endpoint_secrets where endpoint_id = $1`,
      [endpoint.id],
    );
    expect(rows[0]?.plain).toBeNull();
    expect(rows[0]?.sealed.includes(secret)).toBe(false);
    expect(isSignedBy(await deliver(), secret)).toBe(true);
    const left = await pool.query('select count_legacy_secrets()::integer as n');
    expect(left.rows).toEqual([{ n: 0 }]);
    expect(await runJob('sealLegacySecrets')).toEqual({ rows: 0, isDone: true });
  });
});
