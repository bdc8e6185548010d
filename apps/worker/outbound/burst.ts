/** A burst is left to the burst lane for at least so long: starts would only slow the lane down. */
const burstMs = 5_000;
/** It goes on while so many come in that time, which is more than starts keep up with on a small machine… */
const burstMin = 100;
/** … and the next one follows at once: an earlier burst says nothing about a delivery of today. */
const burstPauseMs = 250;

/** Says for how long deliveries are left to the burst lane. */
export interface Burst {
  /** More was committed than is started: `left` of it, and what comes next, is the lane's. */
  begin(left: number): void;
  /** Whether what comes now is the lane's. */
  isOn(): boolean;
  /** Counts what was left to the lane. */
  leave(count: number): void;
  /** Whether the burst has just run out while as much came as before. */
  goesOn(): boolean;
}

/** `nowMs` is a clock that does not jump, in milliseconds. */
export function makeBurst(nowMs: () => number): Burst {
  let untilMs = -Infinity;
  let leftToLane = 0;
  return {
    begin(left) {
      untilMs = nowMs() + burstMs;
      leftToLane = left;
    },
    isOn: () => nowMs() < untilMs,
    leave(count) {
      leftToLane += count;
    },
    goesOn() {
      const overMs = nowMs() - untilMs;
      return leftToLane >= burstMin && overMs >= 0 && overMs < burstPauseMs;
    },
  };
}
