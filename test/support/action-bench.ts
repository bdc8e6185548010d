import { expect } from 'vitest';
import { makeActionRegistry } from '../../activities/actions/registry.ts';
import { makeDispatchActivities, noGateway } from '../../activities/dispatch/activities.ts';
import { makeWorkflowRegistry } from '../../activities/dispatch/workflow-registry.ts';
import { makePool } from '../../shared/db/pool.ts';
import { claimExternalId } from '../../shared/db/queries/external-entity-mappings.ts';
import { makeSelfContained } from '../../shared/db/self-contained.ts';
import { makeWithTenant } from '../../shared/db/tenant.ts';
import type { ActionOutcome, FailedOutcome } from '../../shared/domain/outcome.ts';
import { makeEvaluator } from '../../shared/evaluator/evaluator.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { insertTestDesk, type TestDesk } from './desk.ts';
import { makeFactory, type TestHook } from './factory.ts';
import type { TestStack } from './stack.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** What becomes of a delivery whose hook runs an action. */
type Outcome = ActionOutcome | FailedOutcome;

/** A hook of a tenant whose service desk has one of everything. */
export interface DeskHook extends TestHook {
  readonly desk: TestDesk;
}

/** Runs actions as deliveries do: through the dispatch, with a mapping that JSONata evaluates. */
export interface ActionBench {
  readonly database: TestDatabase;
  /** A hook of a new tenant. */
  hook(): Promise<DeskHook>;
  /** Another hook of the same tenant. */
  siblingHook(hook: DeskHook): Promise<DeskHook>;
  /** Dispatches a body whose members are mapped to the fields of the same names. */
  run(hook: TestHook, action: string, fields: Fields): Promise<Outcome>;
  /** The same for several bodies at once; each has a connection of its own, up to eight. */
  runAll(hook: TestHook, action: string, fields: readonly Fields[]): Promise<Outcome[]>;
  /** Ties an external id of a hook to an entity. */
  tie(hook: TestHook, entityType: string, externalId: string, entityId: string): Promise<void>;
  /** The rows that a statement yields, past every wall; `$1` is the tenant of the hook. */
  rows(hook: TestHook, statement: string, values?: readonly unknown[]): Promise<Fields[]>;
  /** Type, object and data of the events of the hook's tenant, in their order. */
  events(hook: TestHook): Promise<Fields[]>;
  close(): Promise<void>;
}

/** The same fields so many times, for deliveries that compete. */
export const times = (count: number, fields: Fields): Fields[] =>
  Array.from({ length: count }, () => fields);

/** A bench on a database of its own, or on that of a stack, which stays. */
export async function makeActionBench(
  stack?: Pick<TestStack, 'database' | 'masterKeys'>,
): Promise<ActionBench> {
  const database = stack?.database ?? (await createTestDatabase());
  const masterKeys = stack?.masterKeys ?? `k:${Buffer.alloc(32, 1).toString('base64')}`;
  const factory = makeFactory(database.appUrl, masterKeys);
  const evaluator = makeEvaluator({ children: 1 });
  const pool = makePool({
    connectionString: database.appUrl,
    connectionsMax: 8,
    applicationName: 'test-dispatch',
    acquireTimeoutMs: 10_000,
    statementTimeoutMs: 20_000,
    onError: () => undefined,
  });
  const actions = makeActionRegistry();
  const { dispatchDelivery } = makeDispatchActivities({
    withTenant: makeWithTenant(pool),
    selfContained: makeSelfContained(pool),
    evaluator,
    actions,
    workflows: makeWorkflowRegistry([]),
    startHandler: () => Promise.reject(new Error('these hooks run actions')),
    ...noGateway,
  });

  const rows: ActionBench['rows'] = async (hook, statement, values = []) => {
    const result = await database.admin.query<Fields>(statement, [hook.tenant.id, ...values]);
    return result.rows;
  };
  const events: ActionBench['events'] = (hook) =>
    rows(
      hook,
      'select type, object_type, object_id, data from events where tenant_id = $1 order by id',
    );

  async function runAll(hook: TestHook, action: string, bodies: readonly Fields[]) {
    const names = new Set(bodies.flatMap((body) => Object.keys(body)));
    const mapping = Object.fromEntries([...names].map((name) => [name, name]));
    await database.admin.query(
      'update hooks set handler_config = $3 where tenant_id = $1 and id = $2',
      [hook.tenant.id, hook.id, JSON.stringify({ action, mapping })],
    );
    const recorded = (await events(hook)).length;
    const outcomes = await Promise.all(
      bodies.map(async (body) => {
        const deliveryId = await factory.delivery(hook, body);
        const input = { tenantId: hook.tenant.id, deliveryId };
        return (await dispatchDelivery(input)) as Outcome;
      }),
    );
    // Whatever the test is about: an action records no event that its description does not name.
    const types = (await events(hook)).slice(recorded).map(({ type }) => type);
    expect(actions.get(action)?.events).toEqual(expect.arrayContaining(types));
    return outcomes;
  }

  return {
    database,
    async hook() {
      const hook = await factory.hook(await factory.tenant());
      return { ...hook, desk: await insertTestDesk(database.admin, hook.tenant) };
    },
    async siblingHook({ tenant, desk }) {
      return { ...(await factory.hook(tenant)), desk };
    },
    async run(hook, action, fields) {
      const [outcome] = await runAll(hook, action, [fields]);
      if (outcome === undefined) throw new Error('no outcome');
      return outcome;
    },
    runAll,
    async tie(hook, entityType, externalId, entityId) {
      const key = { hookSlug: hook.slug, entityType, externalId };
      await factory.withTenant(hook.tenant.id, (tx) => claimExternalId(tx, key, entityId));
    },
    rows,
    events,
    async close() {
      await evaluator.close();
      await factory.close();
      await pool.end();
      if (stack === undefined) await database.drop();
    },
  };
}
