import { clockLagMs, type CpuClock } from './cpu-clock.ts';

/** What one step of a job may take, in milliseconds. Wall time counts where CPU time cannot be read. */
export interface Allowance {
  readonly cpuMs: number;
  readonly wallMs: number;
}

/** Why a step was ended: it used up its time, or the machine gave it none. */
export type Verdict = 'cpu' | 'wall' | 'starved';

/**
 * How long a child may hold a job without getting the CPU time for it, in milliseconds. An expression
 * cannot wait for anything, so this is the machine's doing and never the expression's.
 */
export const patienceMs = 10_000;

export interface Spent {
  readonly wallMs: number;
  readonly cpuMs: number | undefined;
}

/**
 * Decides on a step that is not finished: its verdict, or in how many milliseconds to look again.
 * One thread cannot use more CPU time than passes, so there is nothing to see before that.
 */
export function judgeSpent(spent: Spent, allowance: Allowance): Verdict | number {
  if (spent.cpuMs === undefined) {
    return spent.wallMs >= allowance.wallMs ? 'wall' : allowance.wallMs - spent.wallMs;
  }
  const leftMs = allowance.cpuMs + clockLagMs - spent.cpuMs;
  if (leftMs <= 0) return 'cpu';
  return spent.wallMs >= patienceMs ? 'starved' : leftMs;
}

export interface BudgetWatch {
  /** Begins a step. The one before it is finished. */
  allow(allowance: Allowance): void;
  stop(): void;
}

/** Watches the steps of one job and calls back, once, when one has used up what it may. */
export function watchBudget(clock: CpuClock, onVerdict: (verdict: Verdict) => void): BudgetWatch {
  let timer: NodeJS.Timeout | undefined;
  let turn: NodeJS.Immediate | undefined;

  function stop(): void {
    clearTimeout(timer);
    clearImmediate(turn);
  }

  return {
    allow(allowance) {
      stop();
      const startedAt = performance.now();
      const cpuAtStart = clock.readMs();
      const look = (): void => {
        const cpuNow = clock.readMs();
        const isMeasured = cpuNow !== undefined && cpuAtStart !== undefined;
        const spent = {
          wallMs: performance.now() - startedAt,
          cpuMs: isMeasured ? cpuNow - cpuAtStart : undefined,
        };
        const decided = judgeSpent(spent, allowance);
        if (typeof decided === 'number') timer = setTimeout(look, Math.ceil(decided));
        // When this process was the busy one, the answer may lie here unread: read first, then judge.
        else turn = setImmediate(() => onVerdict(decided));
      };
      timer = setTimeout(look, Math.min(allowance.cpuMs + clockLagMs, allowance.wallMs));
    },
    stop,
  };
}
