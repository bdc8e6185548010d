import type { Config } from '../../shared/config/schema.ts';
import { schemaTrouble, schemaVersion } from '../../shared/db/schema-version.ts';
import type { HealthCheck } from '../../shared/telemetry/health.ts';
import type { Foundation } from './compose.ts';
import type { Engine } from './engine.ts';
import { makePollerCheck } from './pollers.ts';
import { queuesInUse } from './queues.ts';

/** The health checks of a process that has a database and an engine. Which decide is up to it. */
export interface ProcessHealth {
  readonly database: HealthCheck;
  readonly migrations: HealthCheck;
  readonly temporal: HealthCheck;
  readonly pollers: HealthCheck;
  readonly about: { readonly schema: string };
}

export function makeProcessHealth(
  { pool, catalogue }: Pick<Foundation, 'pool' | 'catalogue'>,
  engine: Engine,
  config: Config,
): ProcessHealth {
  const hasHandlers = catalogue.workflows.listWorkflows().length > 0;
  return {
    database: async () => {
      await pool.query('select 1');
      return undefined;
    },
    migrations: () => schemaTrouble(pool),
    temporal: () => Promise.resolve(engine.trouble()),
    pollers: makePollerCheck({
      client: engine.client,
      taskQueues: queuesInUse(config.TIDEGATE_TASK_QUEUE, hasHandlers),
      nowMs: () => Date.now(),
    }),
    about: { schema: schemaVersion },
  };
}
