import { loadConfig } from '../../shared/config/load.ts';
import type { Config } from '../../shared/config/schema.ts';
import { loadTemporalConfig } from '../../shared/config/temporal.ts';
import { assertMasterKeys } from '../../shared/crypto/data-keys.ts';
import { assertTenantWalls } from '../../shared/db/boot-check.ts';
import { countLegacySecrets } from '../../shared/db/queries/maintenance-dues.ts';
import { schemaTrouble, schemaVersion } from '../../shared/db/schema-version.ts';
import { openCatalogue } from '../worker/extensions/catalogue.ts';
import { queuesInUse } from '../worker/queues.ts';
import { clockFinding, databaseFinding, withDatabase } from './database.ts';
import { fail, ok, type Check, type Finding } from './finding.ts';
import {
  namespaceFinding,
  schedulesFinding,
  searchAttributesFinding,
  withTemporal,
  workersFinding,
} from './temporal.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const runBootstrap = 'run the bootstrap job of this version (npm run bootstrap)';
const checkDatabaseUrl = 'check DATABASE_URL, the server, and the network between';
const checkTemporal =
  'check TEMPORAL_ADDRESS and its companions, the server, and the network between';

/** What a gateway or a worker with this environment needs. */
export function deployedChecks(environment: Environment): readonly Check[] {
  let config: Config;
  try {
    config = loadConfig(environment);
  } catch (error) {
    const look = (): never => {
      throw error;
    };
    return [{ name: 'configuration', look, fix: 'correct the environment' }];
  }
  return [
    { name: 'configuration', look: () => ok('every setting can be used'), fix: '' },
    {
      name: 'extensions',
      look: () => extensionsFinding(config),
      fix: 'correct the files that are named, or let TIDEGATE_EXTENSIONS name another folder',
    },
    ...databaseChecks(config),
    ...temporalChecks(config, environment),
  ];
}

const handlersOf = async (config: Config) => {
  const folder = config.TIDEGATE_EXTENSIONS;
  return (await openCatalogue({ folder, isHandlerHost: false })).workflows.listWorkflows();
};

async function extensionsFinding(config: Config): Promise<Finding> {
  const handlers = await handlersOf(config);
  const folder = config.TIDEGATE_EXTENSIONS;
  if (folder === undefined) return ok('none');
  return ok(`${folder}, with workflows: ${handlers.map(({ id }) => id).join(', ') || 'none'}`);
}

function databaseChecks(config: Config): readonly Check[] {
  const url = config.DATABASE_URL;
  return [
    { name: 'database', look: () => databaseFinding(url), fix: checkDatabaseUrl },
    {
      name: 'tenant walls',
      needs: 'database',
      look: () =>
        withDatabase(url, async (pool) => {
          await assertTenantWalls(pool);
          return ok('the role sees one tenant at a time, and every tenant table has its wall');
        }),
      fix: `let DATABASE_URL name the role tidegate_app, and ${runBootstrap}`,
    },
    {
      name: 'migrations',
      needs: 'database',
      look: () =>
        withDatabase(url, async (pool) => {
          const trouble = await schemaTrouble(pool);
          return trouble === undefined
            ? ok(`schema ${schemaVersion}`)
            : fail(trouble, runBootstrap);
        }),
      fix: checkDatabaseUrl,
    },
    {
      name: 'master keys',
      needs: 'database',
      look: () =>
        withDatabase(url, async (pool) => {
          await assertMasterKeys(pool, config.TIDEGATE_MASTER_KEYS);
          return ok('every data key can be unwrapped');
        }),
      fix: 'see "Rotating the master keys" in docs/deploy.md',
    },
    {
      name: 'endpoint secrets',
      needs: 'database',
      look: () =>
        withDatabase(url, async (pool) => {
          const left = await countLegacySecrets(pool);
          if (left === 0) return ok('every secret is sealed');
          const next =
            'let a worker run: its maintenance job seals them within minutes. If the number stays, read the failed runs of maintenance in the Temporal UI';
          return fail(`${left} are still stored as plain text`, next);
        }),
      fix: runBootstrap,
    },
    { name: 'clock', needs: 'database', look: () => clockFinding(url), fix: checkDatabaseUrl },
  ];
}

function temporalChecks(config: Config, environment: Environment): readonly Check[] {
  const temporal = loadTemporalConfig(environment);
  const prefix = config.TIDEGATE_TASK_QUEUE;
  return [
    {
      name: 'temporal',
      look: () =>
        withTemporal(temporal, (engine) =>
          namespaceFinding(engine, config.TIDEGATE_WORKFLOW_RETENTION_DAYS),
        ),
      fix: checkTemporal,
    },
    {
      name: 'search attributes',
      needs: 'temporal',
      look: () => withTemporal(temporal, searchAttributesFinding),
      fix: checkTemporal,
    },
    {
      name: 'schedules',
      needs: 'temporal',
      look: () => withTemporal(temporal, (engine) => schedulesFinding(engine, prefix)),
      fix: checkTemporal,
    },
    {
      name: 'workers',
      needs: 'temporal',
      look: async () => {
        const hasHandlers = (await handlersOf(config)).length > 0;
        const taskQueues = queuesInUse(prefix, hasHandlers);
        return withTemporal(temporal, (engine) => workersFinding(engine, taskQueues));
      },
      fix: checkTemporal,
    },
  ];
}
