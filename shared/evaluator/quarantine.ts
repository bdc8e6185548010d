import { createHash } from 'node:crypto';
import { setBounded } from '../domain/bounded-map.ts';

/**
 * Remembers the expressions that had to be stopped. One that was stopped twice within ten minutes is
 * refused for ten minutes, so that it cannot keep the pool busy starting children. It is known by its
 * text and tenant: a corrected text is another expression.
 */
export interface Quarantine {
  /** Why the expression is refused now; undefined when it is not. */
  find(tenantId: string, text: string): string | undefined;
  /** Takes note that the expression was stopped, and says whether it is refused from now on. */
  note(tenantId: string, text: string, reason: string): boolean;
}

const windowMs = 10 * 60_000;
const entriesMax = 1_000;

interface Entry {
  readonly stoppedAtMs: number;
  /** Set with the second stop within the window. */
  readonly refusedUntilMs?: number;
  readonly reason: string;
}

/** Takes a clock in milliseconds that never goes back. */
export function makeQuarantine(nowMs: () => number): Quarantine {
  const entries = new Map<string, Entry>();
  return {
    find(tenantId, text) {
      const entry = entries.get(keyOf(tenantId, text));
      if (entry?.refusedUntilMs === undefined) return undefined;
      const leftMs = entry.refusedUntilMs - nowMs();
      if (leftMs <= 0) return undefined;
      const minutes = Math.ceil(leftMs / 60_000);
      return `not evaluated: ${entry.reason} twice; it is tried again in ${minutes} min, or when its text changes`;
    },
    note(tenantId, text, reason) {
      const key = keyOf(tenantId, text);
      const now = nowMs();
      const before = entries.get(key);
      const isSecond = before !== undefined && now - before.stoppedAtMs < windowMs;
      const refused = isSecond ? { refusedUntilMs: now + windowMs } : {};
      setBounded(entries, key, { stoppedAtMs: now, reason, ...refused }, entriesMax);
      return isSecond;
    },
  };
}

const keyOf = (tenantId: string, text: string): string =>
  createHash('sha256').update(`${tenantId}\n${text}`).digest('base64');
