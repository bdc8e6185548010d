import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until `probe` stops throwing, and returns what it returned. Fails with its last error. */
export async function eventually<Result>(
  probe: () => Promise<Result> | Result,
  withinMs = 30_000,
): Promise<Result> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    try {
      return await probe();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(25);
    }
  }
}
