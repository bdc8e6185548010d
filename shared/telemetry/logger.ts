import { pino, type Logger as PinoLogger } from 'pino';

/** Structured log lines on standard output. Each has an `event` name that stays stable. */
export type Logger = PinoLogger;

export function makeLogger(options: { readonly level: string; readonly name: string }): Logger {
  return pino({
    name: options.name,
    level: options.level,
    base: { name: options.name },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    // A last resort: nothing is logged that carries one of these on purpose.
    redact: ['*.authorization', '*.cookie', '*.secret', '*.password', '*.signature'],
  });
}
