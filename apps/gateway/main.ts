import { describeConfig, loadConfig } from '../../shared/config/load.ts';
import { loadTemporalConfig } from '../../shared/config/temporal.ts';
import { makeLogger } from '../../shared/telemetry/logger.ts';
import { installRuntime } from '../worker/runtime.ts';
import { startGateway } from './gateway.ts';

const config = loadConfig(process.env);
const log = makeLogger({ level: config.TIDEGATE_LOG_LEVEL, name: 'gateway' });
log.info({ event: 'gateway.configured', ...describeConfig(config) }, 'effective configuration');
installRuntime(log);
const gateway = await startGateway(config, loadTemporalConfig(process.env), log);

const shutDown = (signal: NodeJS.Signals): void => {
  log.info({ event: 'gateway.stopping', signal }, 'finishing what runs');
  gateway.close().then(
    () => process.exit(0),
    (error: unknown) => {
      log.error({ event: 'gateway.stop_failed', err: error });
      process.exit(1);
    },
  );
};
process.once('SIGTERM', shutDown);
process.once('SIGINT', shutDown);
