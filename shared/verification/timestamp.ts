import type { TimestampFormat } from '../schemas/verifier-check.ts';

const digits = /^[0-9]{1,13}$/;
const iso8601 =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:Z|([+-])(\d{2}):(\d{2}))$/;

/** The time a sender's timestamp stands for, in milliseconds since 1970, or undefined (S-011). */
export function parseTimestampMs(text: string, format: TimestampFormat): number | undefined {
  if (format === 'iso8601') return parseIso8601Ms(text);
  if (!digits.test(text)) return undefined;
  return format === 'unix_s' ? Number(text) * 1_000 : Number(text);
}

/** Date.parse takes far more than ISO 8601, and moves a 30th of February to March. */
function parseIso8601Ms(text: string): number | undefined {
  const match = iso8601.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '', sign, offsetHour, offsetMinute] =
    match;
  const wall = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
    Number(fraction.slice(0, 3).padEnd(3, '0')),
  );
  if (new Date(wall).toISOString().slice(0, 19) !== text.slice(0, 19)) return undefined;
  if (sign === undefined) return wall;
  if (Number(offsetHour) > 23 || Number(offsetMinute) > 59) return undefined;
  const offsetMs = (Number(offsetHour) * 60 + Number(offsetMinute)) * 60_000;
  return sign === '+' ? wall - offsetMs : wall + offsetMs;
}

/** A timestamp as a sender would write it. */
export function formatTimestamp(timeMs: number, format: TimestampFormat): string {
  if (format === 'iso8601') return new Date(timeMs).toISOString().replace(/\.\d{3}Z$/, 'Z');
  return String(format === 'unix_s' ? Math.floor(timeMs / 1_000) : timeMs);
}
