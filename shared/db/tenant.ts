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
  /**
   * Sends a statement whose answer nobody reads, and does not wait for it: it travels with the next one,
   * or with the commit, and whatever it fails with is what that fails with.
   */
  ahead(statement: Statement): void;
}

export interface Outbox {
  /** False while the operator's switch keeps new events from going out (S-139). */
  readonly isFanOutOn: boolean;
  /** Whether new deliveries are left to the burst lane, which takes what is due: then they are, at once. */
  readonly isForLane: boolean;
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
  /** Whether deliveries that are made now will be left to the burst lane. */
  readonly isForLane?: () => boolean;
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
      get isForLane() {
        return options.isForLane?.() ?? false;
      },
      announce: (delivery: AnnouncedDelivery) => void announced.push(delivery),
      announceQuestion: (question: AnnouncedQuestion) => void questions.push(question),
      notePublished: (matched: number) => void published.push(matched),
    };
    const pipe = makePipe(client);
    try {
      // It travels with the first statement. The id is a branded UUID, checked where it was made.
      pipe.ahead({ text: `begin; select set_config('app.tenant', '${tenantId}', true)` });
      const result = await work({ tenantId, outbox, ...pipe });
      const { command } = await pipe.query({ text: 'commit' });
      // The server undoes a transaction in which a statement has failed, and calls that no error.
      if (command !== 'COMMIT') throw new Error('a failed statement has undone its transaction');
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

/**
 * Statements on one connection, which goes on without waiting for what was sent ahead. The server answers in
 * their order, so that of several failures the first is the one that is thrown.
 */
function makePipe(client: PoolClient) {
  const unread: Promise<unknown>[] = [];
  const send = <Row extends QueryResultRow>({ values, ...statement }: Statement) =>
    client.query<Row>(values === undefined ? statement : { ...statement, values: [...values] });
  return {
    ahead(statement: Statement): void {
      const sent = send(statement);
      // Its failure is thrown by what comes next.
      sent.catch(() => undefined);
      unread.push(sent);
    },
    async query<Row extends QueryResultRow>(statement: Statement) {
      const sent = send<Row>(statement);
      const [{ rows, rowCount, command }] = await Promise.all([sent, ...unread.splice(0)]);
      return { rows, rowCount: rowCount ?? 0, command };
    },
  };
}
