import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { MaintenanceDeps } from '../../activities/maintenance/deps.ts';
import { disableFailing } from '../../activities/maintenance/disable-failing.ts';
import type { Pool } from '../../shared/db/pool.ts';
import { setEndpointStatus } from '../../shared/db/queries/endpoints.ts';
import { makeMailer, type Mailer } from '../../shared/mail/mailer.ts';
import { createTestDatabase, openAppPool, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { makeFactory, type Factory, type TestTenant } from '../support/factory.ts';
import { startMailServer, type TestMailServer } from '../support/mail-server.ts';
import { maintenanceActivities } from '../support/maintenance.ts';
import { makeEndpoint, type TestEndpoint } from '../support/outbound.ts';
import { pastDelivery } from '../support/past-deliveries.ts';

const masterKeys = `test:${randomBytes(32).toString('base64')}`;
const hourMs = 3_600_000;
/** Nobody listens on the discard port. */
const awayUrl = 'smtp://127.0.0.1:9';

let database: TestDatabase;
let factory: Factory;
let pool: Pool;
let server: TestMailServer;
let mailer: Mailer;
let away: Mailer;
let tenant: TestTenant;
let ownerEmail: string;
let endpoint: TestEndpoint;

beforeAll(async () => {
  database = await createTestDatabase();
  factory = makeFactory(database.appUrl, masterKeys);
  pool = openAppPool(database.appUrl, 4);
  away = makeMailer({ smtpUrl: awayUrl, from: 't@example.test' });
});
afterAll(async () => {
  away.close();
  await pool.end();
  await factory.close();
  await database.drop();
});
beforeEach(async () => {
  server = await startMailServer();
  mailer = makeMailer({ smtpUrl: server.url, from: 'Tidegate <t@example.test>' });
  tenant = await factory.tenant();
  ownerEmail = emailOf((await factory.user(tenant, { role: 'owner' })).id);
  endpoint = await failingEndpoint();
});
afterEach(async () => {
  mailer.close();
  await server.close();
  // What a test leaves owed or failing is not for the next one.
  await database.admin.query('update endpoints set notice_due_at = null');
  await database.admin.query('delete from outbound_deliveries');
});

const emailOf = (id: string): string => `${id}@example.test`;

async function failingEndpoint(): Promise<TestEndpoint> {
  const url = 'https://receiver.example.test/hook';
  const made = await makeEndpoint(factory.withTenant, masterKeys, tenant.id, { url });
  for (let failed = 0; failed < 10; failed += 1) {
    await pastDelivery(database, tenant, made.id, { status: 'failed', agoMs: hourMs });
  }
  return made;
}

async function job(
  name: 'disableFailing' | 'sendNotices',
  deps: Partial<MaintenanceDeps>,
): Promise<void> {
  const limits = { olderThanMs: 0, rowsMax: 100, pauseMs: 1, timeMaxMs: 60_000 };
  await maintenanceActivities(pool, factory, deps).runMaintenanceJob({ name, ...limits });
}

/** What the five-minute schedule does about it, in its order. */
async function run(deps: Partial<MaintenanceDeps>): Promise<void> {
  await job('disableFailing', deps);
  await job('sendNotices', deps);
}

/** The time until the next try has gone by. */
const hasten = () =>
  database.admin.query(
    `update endpoints set notice_due_at = clock_timestamp() where notice_due_at is not null`,
  );

async function standing(): Promise<Record<string, unknown> | undefined> {
  const { rows } = await database.admin.query<Record<string, unknown>>(
    `select status, notice_due_at is not null as is_owed, notice_tries as tries,
       extract(epoch from notice_due_at - clock_timestamp())::integer as wait_seconds
     from endpoints where id = $1`,
    [endpoint.id],
  );
  return rows[0];
}

async function audited(): Promise<readonly string[]> {
  const { rows } = await database.admin.query<{ action: string }>(
    'select action from audit_entries where tenant_id = $1 order by occurred_at, id',
    [tenant.id],
  );
  return rows.map(({ action }) => action);
}

describe('the mail about an endpoint that was disabled automatically', () => {
  test('S-077 goes to the maker of the endpoint, or else to the owners of the tenant', async () => {
    const maker = await factory.user(tenant);
    await run({ mailer });
    expect(server.mails).toMatchObject([{ to: [ownerEmail] }]);
    expect(server.mails[0]?.text).toMatch(/10 deliveries failed and none arrived/);
    expect(server.mails[0]?.text).toMatch(/HTTP status 503/);

    const made = await failingEndpoint();
    await database.admin.query('update endpoints set created_by = $1 where id = $2', [
      maker.id,
      made.id,
    ]);
    await run({ mailer });
    await run({ mailer });
    expect(server.mails.slice(1)).toMatchObject([{ to: [emailOf(maker.id)] }]);
  });

  test('S-077 comes once although the process died right after the disabling', async () => {
    // Committed, and nothing after it.
    await factory.withTenant(tenant.id, (tx) =>
      disableFailing(tx, endpoint.id, { isMailOwed: true }),
    );
    expect(await standing()).toMatchObject({ status: 'disabled', is_owed: true });
    await run({ mailer });
    await hasten();
    await run({ mailer });
    expect(server.mails).toMatchObject([{ to: [ownerEmail] }]);
    expect(await standing()).toMatchObject({ is_owed: false });
  });

  test('S-077 comes once although the process died while it was sending', async () => {
    void run({ mailer: { send: () => new Promise(() => undefined) } });
    await eventually(async () => expect(await standing()).toMatchObject({ tries: 1 }));
    // Whoever looks meanwhile leaves it to the one that has begun.
    await run({ mailer });
    expect(server.mails).toEqual([]);
    await hasten();
    await run({ mailer });
    await run({ mailer });
    expect(server.mails).toMatchObject([{ to: [ownerEmail] }]);
  });

  test('S-077 is tried again with the next run when its server was away, later each time', async () => {
    await run({ mailer: away });
    expect(await standing()).toMatchObject({ status: 'disabled', is_owed: true, tries: 1 });
    expect((await standing())?.['wait_seconds']).toBeLessThan(300);
    await hasten();
    await run({ mailer: away });
    expect((await standing())?.['wait_seconds']).toBeGreaterThan(400);
    await hasten();
    await run({ mailer });
    await hasten();
    await run({ mailer });
    expect(server.mails).toMatchObject([{ to: [ownerEmail] }]);
  });

  test('S-077 is sent once by eight runs at once', async () => {
    await job('disableFailing', { mailer });
    await Promise.all(Array.from({ length: 8 }, () => job('sendNotices', { mailer })));
    expect(server.mails).toHaveLength(1);
  });

  test('is given up after eight tries, and the audit log says so', async () => {
    for (let tries = 0; tries < 8; tries += 1) {
      expect(await audited()).not.toContain('webhook.notice_given_up');
      await run({ mailer: away });
      await hasten();
    }
    expect(await audited()).toEqual(['webhook.auto_disabled', 'webhook.notice_given_up']);
    await run({ mailer });
    expect(server.mails).toEqual([]);
    expect(await standing()).toMatchObject({ status: 'disabled', is_owed: false, tries: 8 });
  });

  test('is given up when the process of the last try died in it', async () => {
    await job('disableFailing', { mailer });
    await database.admin.query('update endpoints set notice_tries = 8 where id = $1', [
      endpoint.id,
    ]);
    await run({ mailer });
    expect(server.mails).toEqual([]);
    expect(await audited()).toContain('webhook.notice_given_up');
  });

  test('is not owed where there is no mail server, nor once there is one', async () => {
    await run({ mailer: undefined });
    expect(await standing()).toMatchObject({ status: 'disabled', is_owed: false });
    await run({ mailer });
    expect(server.mails).toEqual([]);
  });

  test('is not sent any more to those who have enabled the endpoint again', async () => {
    await run({ mailer: away });
    await factory.withTenant(tenant.id, (tx) => setEndpointStatus(tx, endpoint.id, 'active'));
    expect(await standing()).toMatchObject({ status: 'active', is_owed: false });
    await job('sendNotices', { mailer });
    expect(server.mails).toEqual([]);
  });
});
