import { describeConfig, loadConfig } from '../../shared/config/load.ts';
import type { Config } from '../../shared/config/schema.ts';
import { loadTemporalConfig, type TemporalConfig } from '../../shared/config/temporal.ts';
import { makeLogger, type Logger } from '../../shared/telemetry/logger.ts';
import { installRuntime } from './runtime.ts';

/** Builds and starts what a process is for. `close` finishes what runs and closes what was opened. */
export type StartService = (
  config: Config,
  temporal: TemporalConfig,
  log: Logger,
) => Promise<{ close(): Promise<void> }>;

/**
 * Runs a long-lived process from its environment: configuration, log, start, and one orderly stop on
 * the first signal. A start that fails ends the process with the reason.
 */
export async function runService(
  name: string,
  environment: NodeJS.ProcessEnv,
  start: StartService,
): Promise<void> {
  const config = loadConfig(environment);
  const log = makeLogger({ level: config.TIDEGATE_LOG_LEVEL, name });
  log.info({ event: `${name}.configured`, ...describeConfig(config) }, 'effective configuration');
  installRuntime(log);
  let service: Awaited<ReturnType<StartService>>;
  try {
    service = await start(config, loadTemporalConfig(environment), log);
  } catch (error) {
    log.fatal({ event: `${name}.start_failed`, err: error }, 'this process must not or cannot run');
    process.exit(1);
  }

  const shutDown = (signal: NodeJS.Signals): void => {
    log.info({ event: `${name}.stopping`, signal }, 'finishing what runs');
    service.close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ event: `${name}.stop_failed`, err: error });
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', shutDown);
  process.once('SIGINT', shutDown);
}
