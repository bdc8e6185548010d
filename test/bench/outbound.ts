import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { toWireId } from '../../shared/domain/ids.ts';
import type { EndpointSettings } from '../../shared/db/queries/endpoints.ts';
import { searchAttributes } from '../../workflows/inbound-delivery/contract.ts';
import type { TestTenant } from '../support/factory.ts';
import { makeEndpoint } from '../support/outbound.ts';
import { besideBare, type Comparison, type Load } from './beside-bare.ts';
import { keepInFlight, type Latencies } from './load.ts';
import type { BenchStack } from './stack.ts';

const pollMs = 250;
const type = 'bench.happened';
/** Limits of endpoints are not what is measured. */
const wide: Partial<EndpointSettings> = { maxInFlight: 100, ratePerMinute: 60_000 };

/** A receiver in the bench's own process, which knows what arrived. */
interface Receiver {
  readonly url: string;
  readonly arrived: ReadonlyMap<string, number>;
  /** Resolves when the event has arrived, now or already. */
  until(eventId: string): Promise<void>;
  close(): Promise<void>;
}

async function startReceiver(isDead = false): Promise<Receiver> {
  const arrived = new Map<string, number>();
  const waiting = new Map<string, () => void>();
  const server: Server = createServer((request, response) => {
    const id = String(request.headers['webhook-id']);
    request.resume();
    request.on('end', () => {
      arrived.set(id, (arrived.get(id) ?? 0) + 1);
      waiting.get(id)?.();
      waiting.delete(id);
      if (!isDead) response.writeHead(204).end();
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrived,
    until: (id) =>
      arrived.has(id)
        ? Promise.resolve()
        : new Promise((resolve) => void waiting.set(id, () => resolve())),
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** A tenant that publishes over the API, as a program would. */
interface Publisher {
  readonly tenant: TestTenant;
  /** Publishes an event and gives its wire id. */
  publish(): Promise<string>;
}

async function makePublisher(stack: BenchStack): Promise<Publisher> {
  const tenant = await stack.factory.tenant();
  const { token } = await stack.factory.user(tenant);
  const call = async (path: string, body: object): Promise<{ data: { id: string } }> => {
    const response = await fetch(`${stack.gateway.url}/api/v1/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    // Nothing was stored: on a busy machine a program asks again.
    if (response.status === 503) return call(path, body);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as { data: { id: string } };
  };
  await call('events/types', { name: type, schema: { type: 'object' } });
  const data = { text: 'x'.repeat(512) };
  return {
    tenant,
    publish: async () =>
      (await call('events', { type, resourceType: 'bench', resourceId: '1', data })).data.id,
  };
}

const endpoint = (
  stack: BenchStack,
  tenant: TestTenant,
  url: string,
  limits: Partial<EndpointSettings> = wide,
): Promise<unknown> =>
  makeEndpoint(stack.factory.withTenant, stack.masterKeys, tenant.id, { url, ...limits });

export interface OutboundThroughput extends Comparison {
  /** From the publishing call to the arrival, one at a time. */
  readonly latencies: Latencies;
}

/** Published over the API and arrived at a receiver, one at a time and against the bare engine. */
export async function measureOutboundThroughput(
  stack: BenchStack,
  load: Load,
): Promise<OutboundThroughput> {
  const receiver = await startReceiver();
  const publisher = await makePublisher(stack);
  await endpoint(stack, publisher.tenant, receiver.url);
  const once = async (): Promise<void> => receiver.until(await publisher.publish());
  try {
    const { latencies } = await keepInFlight({ inFlight: 1, seconds: load.seconds }, once);
    const comparison = await besideBare(stack, load, async (run) => {
      const before = receiver.arrived.size;
      const { elapsedSeconds } = await keepInFlight(run, once);
      const count = receiver.arrived.size - before;
      await untilSettled(stack, publisher.tenant);
      return { count, elapsedSeconds };
    });
    return { ...comparison, latencies };
  } finally {
    await receiver.close();
  }
}

export interface Burst {
  /** Events a second that the API took. */
  readonly publishedPerSecond: number;
  /** Deliveries a second, from the first call to the last arrival. */
  readonly deliveredPerSecond: number;
  readonly lost: number;
  readonly doubled: number;
}

/** So many events published as fast as the API takes them, and how fast they arrive. */
export async function measureBurst(stack: BenchStack, count: number): Promise<Burst> {
  const receiver = await startReceiver();
  const publisher = await makePublisher(stack);
  await endpoint(stack, publisher.tenant, receiver.url);
  const startedMs = performance.now();
  const ids = await publishMany(publisher, count);
  const publishedMs = performance.now() - startedMs;
  await Promise.all(ids.map((id) => receiver.until(id)));
  const deliveredMs = performance.now() - startedMs;
  await untilSettled(stack, publisher.tenant);
  await receiver.close();
  const audited = await audit(stack, publisher.tenant);
  return {
    publishedPerSecond: (count * 1_000) / publishedMs,
    deliveredPerSecond: (count * 1_000) / deliveredMs,
    lost: ids.filter((id) => audited.get(id) !== 'delivered').length,
    doubled: [...receiver.arrived.values()].filter((times) => times > 1).length,
  };
}

async function publishMany(publisher: Publisher, count: number): Promise<string[]> {
  const ids: string[] = [];
  let sent = 0;
  const lanes = Array.from({ length: 16 }, async () => {
    while ((sent += 1) <= count) ids.push(await publisher.publish());
  });
  await Promise.all(lanes);
  return ids;
}

/** What stands beside the healthy endpoints: takes every request and answers none, or refuses them. */
export type Ailing = 'dead' | 'dead, default limits' | 'refusing';

export interface BesideAiling {
  readonly kind: Ailing;
  /** Deliveries a second to the healthy ones, with it and without. */
  readonly perSecond: number;
  readonly alonePerSecond: number;
  /** Attempts at the ailing one meanwhile, and runs that its deliveries were given. */
  readonly attempts: number;
  readonly runs: number;
}

const healthyCount = 20;

/**
 * Twenty healthy endpoints, each of which gets every event: how fast, with an ailing one and without,
 * in turns. What it is without is the mean of the measurements before and after.
 */
export async function measureBesideAiling(
  stack: BenchStack,
  events: number,
): Promise<readonly BesideAiling[]> {
  // The first use of everything is slow, and is not what is compared.
  await rateBeside(stack, Math.min(events, 50), undefined);
  let before = await rateBeside(stack, events, undefined);
  const all: BesideAiling[] = [];
  for (const kind of ['dead', 'dead, default limits', 'refusing'] as const) {
    const beside = await rateBeside(stack, events, kind);
    const after = await rateBeside(stack, events, undefined);
    const alonePerSecond = (before.perSecond + after.perSecond) / 2;
    all.push({ ...beside, kind, alonePerSecond });
    before = after;
  }
  return all;
}

async function rateBeside(
  stack: BenchStack,
  events: number,
  kind: Ailing | undefined,
): Promise<Pick<BesideAiling, 'perSecond' | 'attempts' | 'runs'>> {
  const publisher = await makePublisher(stack);
  const receivers = await Promise.all(Array.from({ length: healthyCount }, () => startReceiver()));
  for (const { url } of receivers) await endpoint(stack, publisher.tenant, url);
  const ailing = await startReceiver(true);
  if (kind === 'refusing') await ailing.close();
  const limits = kind === 'dead, default limits' ? {} : wide;
  if (kind !== undefined) await endpoint(stack, publisher.tenant, ailing.url, limits);
  const startedMs = performance.now();
  const ids = await publishMany(publisher, events);
  await Promise.all(receivers.flatMap(({ until }) => ids.map((id) => until(id))));
  const seconds = (performance.now() - startedMs) / 1_000;
  await Promise.all(receivers.map((receiver) => receiver.close()));
  const { attempts, id } = await cancelOpen(stack, publisher.tenant);
  if (kind !== 'refusing') await ailing.close();
  const runs = id === null ? 0 : await countRuns(stack, toWireId('endpoint', id));
  return { perSecond: (events * healthyCount) / seconds, attempts, runs };
}

/** Ends what is still open, which is the ailing endpoint's. Tells how often that was attempted. */
async function cancelOpen(
  stack: BenchStack,
  tenant: TestTenant,
): Promise<{ readonly attempts: number; readonly id: string | null }> {
  const { rows } = await stack.admin.query<{ attempts: number; id: string | null }>(
    `with ended as (
       update outbound_deliveries set status = 'canceled', settled_at = now(), wake_due_at = null,
         waiting_since = null, hold_reason = null
       where tenant_id = $1 and settled_at is null
       returning attempts, endpoint_id)
     select coalesce(sum(attempts), 0)::integer as attempts, min(endpoint_id::text) as id
     from ended`,
    [tenant.id],
  );
  return rows[0] ?? { attempts: 0, id: null };
}

async function countRuns(stack: BenchStack, endpointId: string): Promise<number> {
  const connection = await Connection.connect({ address: stack.temporalAddress });
  try {
    const client = new Client({ connection });
    return (await client.workflow.count(`${searchAttributes.endpoint} = '${endpointId}'`)).count;
  } finally {
    await connection.close();
  }
}

async function untilSettled(stack: BenchStack, tenant: TestTenant): Promise<void> {
  for (;;) {
    const { rows } = await stack.admin.query<{ n: number }>(
      `select count(*)::integer as n from outbound_deliveries
       where tenant_id = $1 and settled_at is null`,
      [tenant.id],
    );
    if (rows[0]?.n === 0) return;
    await sleep(pollMs);
  }
}

/** What became of each event, by its wire id. */
async function audit(stack: BenchStack, tenant: TestTenant): Promise<ReadonlyMap<string, string>> {
  const { rows } = await stack.admin.query<{ event_id: string; status: string }>(
    'select event_id, status from outbound_deliveries where tenant_id = $1',
    [tenant.id],
  );
  return new Map(rows.map((row) => [toWireId('event', row.event_id), row.status]));
}
