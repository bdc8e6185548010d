import { DefaultLogger, Runtime, type LogEntry } from '@temporalio/worker';
import type { Logger } from '../../shared/telemetry/logger.ts';

/**
 * Sets up the SDK's runtime, once per process and before anything else of the SDK. Signals stay
 * ours, because the runtime would swallow SIGTERM; its warnings and errors join our log.
 */
export function installRuntime(log: Logger): void {
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger('WARN', (entry: LogEntry) => {
      const level = entry.level === 'ERROR' ? 'error' : 'warn';
      log[level]({ event: 'temporal.sdk', ...entry.meta }, entry.message);
    }),
  });
}
