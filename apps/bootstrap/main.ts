/** `npm run bootstrap`: prepares database and Temporal for this version, says what it did, and ends. */
import { loadBootstrapConfig } from '../../shared/config/load.ts';
import { loadTemporalConfig } from '../../shared/config/temporal.ts';
import { makeLogger } from '../../shared/telemetry/logger.ts';
import { bootstrap } from './bootstrap.ts';

const config = loadBootstrapConfig(process.env);
const log = makeLogger({ level: config.TIDEGATE_LOG_LEVEL, name: 'bootstrap' });
try {
  await bootstrap(config, loadTemporalConfig(process.env), log);
} catch (error) {
  log.fatal({ event: 'bootstrap.failed', err: error }, 'not everything is in place');
  process.exitCode = 1;
}
