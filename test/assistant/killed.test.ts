import type { PoolClient } from 'pg';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { apiAs, type ApiCaller } from '../support/api.ts';
import { ask, endOf, saidIn, testArticle } from '../support/assistant.ts';
import { withoutWorker } from '../support/claims.ts';
import { someoneWaits, testConversation } from '../support/conversations.ts';
import { faultTimeoutMs, startRig, type Rig } from '../support/faults/rig.ts';
import type { GatewayProcess } from '../support/faults/gateway-process.ts';
import type { TestTenant } from '../support/factory.ts';

vi.setConfig({ testTimeout: faultTimeoutMs, hookTimeout: faultTimeoutMs });

/** The tests ask more often than that, from one address. */
const env = { TIDEGATE_REQUESTS_PER_MINUTE_PER_ADDRESS: '0' };

let rig: Rig;
let tenant: TestTenant;
let token: string;
let conversationId: string;

beforeEach(async () => {
  rig = await startRig();
  tenant = await rig.factory.tenant();
  ({ token } = await rig.factory.user(tenant));
  conversationId = (await testConversation(rig, tenant)).id;
});
afterEach(() => rig.stop());

const at = ({ url }: GatewayProcess): ApiCaller => apiAs(url, token);

async function prepare(api: ApiCaller): Promise<void> {
  await api.put('/assistant', { enabled: true });
  await testArticle(api, { title: 'Reset your password', content: 'Press it.' });
}

/** Lets no message of the assistant be written until what is returned is called. */
async function holdReplies(): Promise<() => Promise<void>> {
  const { admin } = rig.database;
  await admin.query(`
    create function hold() returns trigger language plpgsql as
      $$ begin perform pg_advisory_xact_lock(113); return new; end $$;
    create trigger hold before insert on messages for each row
      when (new.sender_id = 'assistant') execute function hold()`);
  const client: PoolClient = await admin.connect();
  await client.query('select pg_advisory_lock(113)');
  return async () => {
    await client.query('select pg_advisory_unlock(113)');
    client.release();
  };
}

describe('a worker that is killed', () => {
  test('S-113 while it answers leaves the question to the next one, which answers once', async () => {
    const first = await rig.gateway({ env });
    const api = at(first);
    await prepare(api);
    const release = await holdReplies();
    const messageId = await ask(api, conversationId, 'reset password');
    await someoneWaits(rig);
    await first.kill();
    await release();
    const second = at(await rig.gateway({ env }));
    expect(await endOf(second, conversationId, messageId)).toMatchObject({ status: 'answered' });
    expect(await saidIn(second, conversationId)).toHaveLength(2);
  });
});

describe('a question whose run nobody started', () => {
  test('S-113 is taken on by the sweeper of whoever comes back', async () => {
    const temporal = await rig.temporalLink();
    temporal.blackhole();
    const away = await rig.gateway({
      env: { ...env, ...withoutWorker },
      temporal,
      isTemporalAway: true,
    });
    await prepare(at(away));
    const messageId = await ask(at(away), conversationId, 'reset password');
    await away.kill();
    const { rows } = await rig.database.admin.query(
      `update assistant_runs set start_due_at = clock_timestamp() where message_id = $1
       returning starts`,
      [messageId],
    );
    expect(rows).toEqual([{ starts: 0 }]);
    const back = at(await rig.gateway({ env }));
    expect(await endOf(back, conversationId, messageId)).toMatchObject({ status: 'answered' });
    expect(await saidIn(back, conversationId)).toHaveLength(2);
  });
});
