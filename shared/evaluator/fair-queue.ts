/** A line of work in which tenants take turns. */
export interface FairQueue<Entry> {
  /** False when the line, or the tenant's part of it, is full. */
  add(tenantId: string, entry: Entry): boolean;
  /**
   * The next entry in turn, of a tenant that has room to run another and that is accepted. It counts
   * as running until `done`.
   */
  take(accepts: (tenantId: string) => boolean): Entry | undefined;
  done(tenantId: string): void;
  /** True when an entry waits whose tenant has room to run it. */
  hasNext(): boolean;
  /** Takes an entry out of the line; nothing when it is no longer there. */
  remove(tenantId: string, entry: Entry): void;
  /** Empties the line and returns what waited in it. */
  drain(): readonly Entry[];
}

export interface FairQueueLimits {
  readonly waitingMax: number;
  readonly waitingPerTenantMax: number;
  readonly runningPerTenantMax: number;
}

/**
 * First come, first served within a tenant; round robin between tenants: whoever was served goes to
 * the end of the turns. The order of the map is the order of turns.
 */
export function makeFairQueue<Entry>(limits: FairQueueLimits): FairQueue<Entry> {
  const lines = new Map<string, { waiting: Entry[]; running: number }>();
  let waitingCount = 0;

  const mayRun = (line: { readonly waiting: readonly Entry[]; readonly running: number }) =>
    line.waiting.length > 0 && line.running < limits.runningPerTenantMax;

  function forgetIdle(tenantId: string): void {
    const line = lines.get(tenantId);
    if (line?.waiting.length === 0 && line.running === 0) lines.delete(tenantId);
  }

  return {
    add(tenantId, entry) {
      const line = lines.get(tenantId) ?? { waiting: [], running: 0 };
      if (waitingCount >= limits.waitingMax) return false;
      if (line.waiting.length >= limits.waitingPerTenantMax) return false;
      line.waiting.push(entry);
      lines.set(tenantId, line);
      waitingCount += 1;
      return true;
    },
    take(accepts) {
      for (const [tenantId, line] of lines) {
        if (!mayRun(line) || !accepts(tenantId)) continue;
        line.running += 1;
        waitingCount -= 1;
        lines.delete(tenantId);
        lines.set(tenantId, line);
        return line.waiting.shift();
      }
      return undefined;
    },
    done(tenantId) {
      const line = lines.get(tenantId);
      if (line) line.running -= 1;
      forgetIdle(tenantId);
    },
    hasNext: () => [...lines.values()].some(mayRun),
    remove(tenantId, entry) {
      const waiting = lines.get(tenantId)?.waiting ?? [];
      const index = waiting.indexOf(entry);
      if (index < 0) return;
      waiting.splice(index, 1);
      waitingCount -= 1;
      forgetIdle(tenantId);
    },
    drain() {
      const entries = [...lines.values()].flatMap((line) => line.waiting.splice(0));
      waitingCount = 0;
      return entries;
    },
  };
}
