import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { parseTenantId, type TenantId } from '../../shared/domain/ids.ts';
import type { LanguageLevel } from '../../shared/domain/language-level.ts';
import type { EvaluationRequest, Evaluator } from '../../shared/evaluator/evaluator.ts';
import type { EvaluationContext, EvaluationResult } from '../../shared/evaluator/protocol.ts';

export const newTenantId = (): TenantId => parseTenantId(randomUUID());

export const sampleContext: EvaluationContext = {
  body: { alert: { id: 7, title: 'Disk full' }, items: [{ id: 1 }, { id: 2 }], empty: null },
  headers: { 'x-kind': 'test' },
  query: { page: '3' },
  delivery: { id: 'd-1' },
};

export interface Asked {
  readonly tenantId?: TenantId;
  readonly level?: LanguageLevel;
  readonly budget?: EvaluationRequest['budget'];
  readonly body?: unknown;
}

/** Evaluates one expression, for a tenant of its own unless one is given. */
export async function evaluateOne(
  evaluator: Evaluator,
  text: string,
  asked: Asked = {},
): Promise<EvaluationResult> {
  const { tenantId = newTenantId(), level = 'full', budget = 'field', ...context } = asked;
  const [result] = await evaluator.evaluate({
    tenantId,
    level,
    budget,
    expressions: [{ name: 'field', text }],
    context: { ...sampleContext, ...context },
  });
  if (result === undefined) throw new Error('no result');
  return result;
}

interface ProcessLine {
  readonly pid: number;
  /** R while it runs, S while it waits, T while it is stopped. */
  readonly state: string;
}

/** The evaluators that this process has started, as the system sees them. */
function evaluatorProcesses(): readonly ProcessLine[] {
  const lines = execFileSync('ps', ['-A', '-o', 'ppid=,pid=,state=,args='], { encoding: 'utf8' });
  return lines
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([parent]) => Number(parent) === process.pid)
    .filter((words) => words.some((word) => word.endsWith('evaluator/child.ts')))
    .map(([, pid, state]) => ({ pid: Number(pid), state: state?.slice(0, 1) ?? '' }));
}

export const evaluatorPids = (): readonly number[] => evaluatorProcesses().map(({ pid }) => pid);
export const statesOfEvaluators = (): readonly string[] =>
  evaluatorProcesses().map(({ state }) => state);

/** Signals every evaluator from outside, as an operator, a terminal or the kernel would. */
export function signalEvaluators(signal: NodeJS.Signals): void {
  for (const pid of evaluatorPids()) process.kill(pid, signal);
}
