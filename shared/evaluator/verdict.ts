import type { Allowance, Verdict } from './budget.ts';

/** Where a job was when its child was gone. */
export type Stage = 'loading' | 'evaluating';

/** How a child ended, as Node reports it. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** How a job ended for its child. */
export type JobEnd =
  | { readonly kind: 'done' }
  /** The expression that was running is at fault. */
  | { readonly kind: 'stopped'; readonly reason: string }
  /** The context is: it did not fit, whatever the expressions say. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Nothing that the job did: another child may finish it. `hasBegun`: this one had begun. */
  | { readonly kind: 'lost'; readonly reason: string; readonly hasBegun: boolean };

/** V8 ends a process that runs out of heap by SIGABRT, or by a trap when one value is too large. */
const memorySignals = new Set(['SIGABRT', 'SIGTRAP', 'SIGILL']);
const crashSignals = new Set(['SIGSEGV', 'SIGBUS', 'SIGFPE']);
const memoryCodes = new Set([132, 133, 134]);

/**
 * Says who is to blame for a child that was ended by our verdict, or died without one. What a signal
 * from outside ends (an operator, the kernel short of memory) is lost, not blamed.
 */
export function judgeExit(
  exit: Exit,
  verdict: Verdict | undefined,
  stage: Stage,
  allowance: Allowance,
): JobEnd {
  const blame = (reason: string): JobEnd =>
    stage === 'evaluating'
      ? { kind: 'stopped', reason: `the expression ${reason}` }
      : { kind: 'refused', reason: `the body ${reason} before anything was evaluated` };
  if (verdict === 'cpu') {
    return blame(`used more than ${allowance.cpuMs} ms of processor time and was stopped`);
  }
  if (verdict === 'wall') return blame(`ran longer than ${allowance.wallMs} ms and was stopped`);
  if (verdict === 'starved') {
    const reason = 'the machine gave the evaluator no processor time';
    return { kind: 'lost', reason, hasBegun: true };
  }
  const { code, signal } = exit;
  if (memorySignals.has(signal ?? '') || memoryCodes.has(code ?? 0)) {
    return blame('used more memory than it may and was stopped');
  }
  if (crashSignals.has(signal ?? '') || (code !== null && code !== 0)) {
    return blame('broke the process it ran in');
  }
  const reason = `the evaluator process ended (${signal ?? `code ${code}`})`;
  return { kind: 'lost', reason, hasBegun: stage === 'evaluating' };
}
