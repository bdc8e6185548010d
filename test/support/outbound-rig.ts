import type { EndpointSettings } from '../../shared/db/queries/endpoints.ts';
import { publishEvent, type NewEvent } from '../../shared/outbound/publish-event.ts';
import type { PublishedEvent } from '../../shared/outbound/publish-event.ts';
import type { TestTenant } from './factory.ts';
import { makeEndpoint, type TestEndpoint } from './outbound.ts';
import { startTestStack, type GatewayOptions, type TestStack } from './stack.ts';

/** A row of the delivery log as the database has it. */
export interface DeliveryRow {
  readonly id: string;
  readonly endpoint_id: string;
  readonly event_id: string;
  readonly status: string;
  readonly attempts: number;
  readonly failures: number;
  readonly failure_code: string | null;
  readonly last_error_class: string | null;
  readonly last_status_code: number | null;
  readonly hold_reason: string | null;
  readonly next_attempt_at: Date | null;
  readonly body: string;
}

/** An attempt as the database has it. */
export interface AttemptRow {
  readonly number: number;
  readonly outcome: string | null;
  readonly status_code: number | null;
  readonly error_class: string | null;
  readonly started_at: Date;
  readonly signed_by: string[];
}

/** A stack whose endpoints may be on this machine, with shortcuts for outbound delivery. */
export interface OutboundRig extends TestStack {
  endpoint(
    tenant: TestTenant,
    settings: Partial<EndpointSettings> & { readonly url: string },
  ): Promise<TestEndpoint>;
  /** Publishes as an action does; the sweeper starts what comes of it at once. */
  publish(
    tenant: TestTenant,
    event: Partial<NewEvent> & Pick<NewEvent, 'type'>,
  ): Promise<PublishedEvent>;
  /** Lets what is due later be due now, and the sweeper start and wake it. */
  hasten(tenant: TestTenant): Promise<void>;
  /** The deliveries of a tenant, oldest first. */
  deliveries(tenant: TestTenant): Promise<readonly DeliveryRow[]>;
  attempts(deliveryId: string): Promise<readonly AttemptRow[]>;
}

export async function startOutboundRig(options: GatewayOptions = {}): Promise<OutboundRig> {
  const stack = await startTestStack({
    ...options,
    env: { TIDEGATE_EGRESS_ALLOW_LOOPBACK: 'true', ...options.env },
  });
  const { factory, database, masterKeys } = stack;
  const hasten = async (tenant: TestTenant): Promise<void> => {
    await database.admin.query(
      `update outbound_deliveries set wake_due_at = clock_timestamp(),
         next_attempt_at = case when next_attempt_at is null then null
           else least(next_attempt_at, clock_timestamp()) end
       where tenant_id = $1 and wake_due_at is not null`,
      [tenant.id],
    );
  };
  const startNew = async (tenant: TestTenant): Promise<void> => {
    // Only these: what sleeps until a later attempt must not be woken by a new event.
    await database.admin.query(
      `update outbound_deliveries set wake_due_at = clock_timestamp()
       where tenant_id = $1 and wake_due_at is not null and attempts = 0`,
      [tenant.id],
    );
  };
  return {
    ...stack,
    hasten,
    endpoint: (tenant, settings) =>
      makeEndpoint(factory.withTenant, masterKeys, tenant.id, settings),
    async publish(tenant, event) {
      const published = await factory.withTenant(tenant.id, (tx) =>
        publishEvent(tx, {
          objectType: 'ticket',
          objectId: 'ticket-1',
          deliveryId: null,
          data: {},
          ...event,
        }),
      );
      if (published === undefined) throw new Error('nothing was published');
      await startNew(tenant);
      return published;
    },
    async deliveries(tenant) {
      const { rows } = await database.admin.query<DeliveryRow>(
        'select * from outbound_deliveries where tenant_id = $1 order by created_at, id',
        [tenant.id],
      );
      return rows;
    },
    async attempts(deliveryId) {
      const { rows } = await database.admin.query<AttemptRow>(
        'select * from outbound_attempts where delivery_id = $1 order by number',
        [deliveryId],
      );
      return rows;
    },
  };
}
