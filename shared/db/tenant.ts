import type { PoolClient, QueryResultRow } from 'pg';
import type { EndpointId, OutboundDeliveryId, TenantId } from '../domain/ids.ts';
import type { RetrySchedule } from '../domain/retry.ts';
import type { Pool } from './pool.ts';

/**
 * A transaction bound to one tenant. Queries take it as their first argument and put its `tenantId`
 * into their own where clauses; row-level security is the second wall behind them.
 */
export interface TenantTx {
  readonly tenantId: TenantId;
  /** Where deliveries that the transaction makes are handed to whoever starts their workflows. */
  readonly outbox: Outbox;
  query<Row extends QueryResultRow>(
    statement: Statement,
  ): Promise<{ readonly rows: Row[]; readonly rowCount: number }>;
}

export interface Outbox {
  /** False while the operator's switch keeps new events from going out (S-139). */
  readonly isFanOutOn: boolean;
  /** Notes a delivery whose workflow is to be started once the transaction has committed. */
  announce(delivery: AnnouncedDelivery): void;
  /** Notes a question to the built-in assistant, whose run is to be started after the commit. */
  announceQuestion(question: AnnouncedQuestion): void;
  /** Notes an event that went to so many endpoints, to be counted once the transaction has committed. */
  notePublished(matched: number): void;
}

/** A committed delivery as the start of its workflow needs it. */
export interface AnnouncedDelivery {
  readonly tenantId: TenantId;
  readonly deliveryId: OutboundDeliveryId;
  readonly endpointId: EndpointId;
  readonly eventType: string;
  readonly retry: RetrySchedule;
}

/** Something that a visitor wrote and the built-in assistant was asked about. */
export interface AnnouncedQuestion {
  readonly tenantId: TenantId;
  readonly conversationId: string;
  readonly messageId: string;
}

/** What a process does with events beside storing them. */
export interface OutboxOptions {
  readonly isFanOutOn: boolean;
  /** Told of the deliveries of a transaction after its commit. Must not throw or take long. */
  readonly onCommitted: (deliveries: readonly AnnouncedDelivery[]) => void;
  /** Told of each event of a transaction after its commit, by how many endpoints it went to. */
  readonly onPublished?: (matched: number) => void;
  /** Told of each question to the assistant after its commit. Must not throw or take long. */
  readonly onAsked?: (question: AnnouncedQuestion) => void;
}

/** Stores events and deliveries, and leaves the start of their workflows to another process's sweeper. */
const leftToSweeper: OutboxOptions = { isFanOutOn: true, onCommitted: () => undefined };

export interface Statement {
  /** Named statements are prepared once per connection. */
  readonly name?: string;
  readonly text: string;
  readonly values?: readonly unknown[];
}

/** Runs work inside one tenant's transaction. */
export type WithTenant = <Result>(
  tenantId: TenantId,
  work: (tx: TenantTx) => Promise<Result>,
) => Promise<Result>;

/** The only way to touch tenant tables: a transaction whose `app.tenant` setting names the tenant. */
export function makeWithTenant(pool: Pool, options: OutboxOptions = leftToSweeper): WithTenant {
  return async (tenantId, work) => {
    const client = await pool.connect();
    const announced: AnnouncedDelivery[] = [];
    const published: number[] = [];
    const questions: AnnouncedQuestion[] = [];
    const outbox = {
      isFanOutOn: options.isFanOutOn,
      announce: (delivery: AnnouncedDelivery) => void announced.push(delivery),
      announceQuestion: (question: AnnouncedQuestion) => void questions.push(question),
      notePublished: (matched: number) => void published.push(matched),
    };
    try {
      // One round trip for both statements. The id is a branded UUID, checked where it was made.
      await client.query(`begin; select set_config('app.tenant', '${tenantId}', true)`);
      const result = await work(bind(client, tenantId, outbox));
      await client.query('commit');
      client.release();
      if (announced.length > 0) options.onCommitted(announced);
      for (const matched of published) options.onPublished?.(matched);
      for (const question of questions) options.onAsked?.(question);
      return result;
    } catch (error) {
      // A connection whose state is in doubt is closed, which rolls back as well.
      const isClean = await client.query('rollback').then(
        () => true,
        () => false,
      );
      client.release(!isClean);
      throw error;
    }
  };
}

function bind(client: PoolClient, tenantId: TenantId, outbox: Outbox): TenantTx {
  return {
    tenantId,
    outbox,
    async query<Row extends QueryResultRow>(statement: Statement) {
      const result = await client.query<Row>({
        ...statement,
        values: [...(statement.values ?? [])],
      });
      return { rows: result.rows, rowCount: result.rowCount ?? 0 };
    },
  };
}
