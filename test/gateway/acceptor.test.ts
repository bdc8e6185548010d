import { randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeAcceptor } from '../../apps/gateway/receiver/acceptor.ts';
import { makePool, type Pool } from '../../shared/db/pool.ts';
import { findReceivingHook } from '../../shared/db/queries/hooks.ts';
import type { AcceptedRequest } from '../../shared/db/queries/inbound-deliveries.ts';
import { makeSelfContained, type SelfContained } from '../../shared/db/self-contained.ts';
import { parseDeliveryId, parseHookId } from '../../shared/domain/ids.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { acceptedRequest, makeFactory, type Factory, type TestHook } from '../support/factory.ts';

let database: TestDatabase;
let factory: Factory;
let pool: Pool;
let hook: TestHook;

beforeAll(async () => {
  database = await createTestDatabase();
  factory = makeFactory(database.appUrl, `k:${Buffer.alloc(32, 1).toString('base64')}`);
  pool = makePool({
    connectionString: database.appUrl,
    connectionsMax: 4,
    applicationName: 'test',
    acquireTimeoutMs: 5_000,
    statementTimeoutMs: 10_000,
    onError: () => undefined,
  });
  hook = await factory.hook(await factory.tenant());
});
afterAll(async () => {
  await pool.end();
  await factory.close();
  await database.drop();
});

function requestOf(options: Partial<AcceptedRequest> = {}): AcceptedRequest {
  const id = parseDeliveryId(uuidv7());
  const body = Buffer.from(JSON.stringify({ id }));
  return acceptedRequest(hook, { id, body, idempotencyKey: randomUUID(), ...options });
}

/** An acceptor that counts its statements. */
function countingAcceptor() {
  const statements: string[] = [];
  const inner = makeSelfContained(pool);
  const selfContained: SelfContained = (tenantId) => ({
    tenantId,
    query(statement) {
      statements.push(statement.name ?? statement.text);
      return inner(tenantId).query(statement);
    },
  });
  return { statements, storeAccepted: makeAcceptor({ selfContained }) };
}

async function storedBodies(): Promise<Map<string, string>> {
  const { rows } = await database.admin.query<{ id: string; body: Buffer }>(
    'select id, body from inbound_deliveries where body_sha256 = sha256(body)',
  );
  return new Map(rows.map(({ id, body }) => [id, body.toString()]));
}

describe('requests that are accepted together', () => {
  test('share statements, and each is stored with its own body', async () => {
    const { statements, storeAccepted } = countingAcceptor();
    const bodies = ['', '{"title":"ä"}', 'x'.repeat(100_000), '{}'];
    const requests = Array.from({ length: 200 }, (_, index) =>
      requestOf({ body: Buffer.from(bodies[index % bodies.length] ?? '') }),
    );
    const acceptances = await Promise.all(
      requests.map((request) => storeAccepted(hook.tenant.id, request)),
    );
    expect(acceptances).toMatchObject(
      requests.map(({ workflowId }) => ({ kind: 'accepted', workflowId })),
    );
    const stored = await storedBodies();
    for (const { id, body } of requests) expect(stored.get(id)).toBe(body.toString());
    expect(statements.length).toBeLessThan(requests.length / 2);
  });

  test('S-017 with one key are accepted once; the others are its duplicates', async () => {
    const { storeAccepted } = countingAcceptor();
    const idempotencyKey = randomUUID();
    const requests = Array.from({ length: 50 }, () => requestOf({ idempotencyKey }));
    const acceptances = await Promise.all(
      requests.map((request) => storeAccepted(hook.tenant.id, request)),
    );
    const accepted = acceptances.filter(({ kind }) => kind === 'accepted');
    const duplicates = acceptances.filter(({ kind }) => kind === 'duplicate');
    expect([accepted.length, duplicates.length]).toEqual([1, 49]);
    const original = requests[acceptances.findIndex(({ kind }) => kind === 'accepted')]?.id;
    for (const each of duplicates) expect(each).toEqual({ kind: 'duplicate', original });
  });

  test('do not fall with one that cannot be stored', async () => {
    const { storeAccepted } = countingAcceptor();
    const unknownHook = parseHookId(uuidv7());
    const requests = Array.from({ length: 20 }, (_, index) =>
      requestOf(index === 9 ? { hookId: unknownHook } : {}),
    );
    const results = await Promise.allSettled(
      requests.map((request) => storeAccepted(hook.tenant.id, request)),
    );
    const rejected = results.flatMap(({ status }, index) => (status === 'rejected' ? [index] : []));
    expect(rejected).toEqual([9]);
  });

  test('S-127 leave no tenant behind on their connections', async () => {
    const { storeAccepted } = countingAcceptor();
    await Promise.all(Array.from({ length: 8 }, () => storeAccepted(hook.tenant.id, requestOf())));
    const clients = await Promise.all(Array.from({ length: 4 }, () => pool.connect()));
    for (const client of clients) {
      const { rows } = await client.query<{ tenant: string | null }>(
        `select current_setting('app.tenant', true) as tenant`,
      );
      client.release();
      expect(rows[0]?.tenant ?? '').toBe('');
    }
    const { rows } = await pool.query('select 1 from inbound_deliveries');
    expect(rows).toEqual([]);
  });
});

describe('a request that was judged by a remembered hook', () => {
  const changes = {
    'its settings': 'update hooks set rate_limit_per_minute = 7 where id = $1',
    'its activity': 'update hooks set is_active = false where id = $1',
    'an armed sample':
      "update hooks set sample_capture_expires_at = now() + interval '1 minute' where id = $1",
    'the end of a secret': 'update hook_secrets set expires_at = now() where hook_id = $1',
    'a new secret': `insert into hook_secrets (tenant_id, hook_id, id, sealed)
      select tenant_id, id, gen_random_uuid(), '' from hooks where id = $1`,
    'its deletion': 'delete from hooks where id = $1',
  };

  async function remembered() {
    const own = await factory.hook(hook.tenant);
    const found = await factory.withTenant(own.tenant.id, (tx) => findReceivingHook(tx, own.slug));
    return { own, judgedBy: found?.version ?? null };
  }

  test('is stored while that hook is unchanged', async () => {
    const { own, judgedBy } = await remembered();
    const { storeAccepted } = countingAcceptor();
    for (let n = 0; n < 2; n += 1) {
      const request = requestOf({ hookId: own.id, judgedBy });
      expect(await storeAccepted(own.tenant.id, request)).toMatchObject({ kind: 'accepted' });
    }
  });

  test.for(Object.entries(changes))('is not stored after %s', async ([, change]) => {
    const { own, judgedBy } = await remembered();
    expect(judgedBy).toBeTypeOf('string');
    await database.admin.query(change, [own.id]);
    const { storeAccepted } = countingAcceptor();
    const request = requestOf({ hookId: own.id, judgedBy });
    expect(await storeAccepted(own.tenant.id, request)).toEqual({ kind: 'stale' });
    const { rows } = await database.admin.query('select 1 from inbound_deliveries where id = $1', [
      request.id,
    ]);
    expect(rows).toEqual([]);
  });

  test('is not stored after a secret has come to its end by itself', async () => {
    const own = await factory.hook(hook.tenant);
    await database.admin.query(
      `update hook_secrets set expires_at = now() + interval '1 second' where hook_id = $1`,
      [own.id],
    );
    const find = () => factory.withTenant(own.tenant.id, (tx) => findReceivingHook(tx, own.slug));
    const found = await find();
    await eventually(async () => expect((await find())?.secrets).toEqual([]));
    const request = requestOf({ hookId: own.id, judgedBy: found?.version ?? null });
    const { storeAccepted } = countingAcceptor();
    expect(await storeAccepted(own.tenant.id, request)).toEqual({ kind: 'stale' });
  });
});
