import { readFileSync } from 'node:fs';

/** Who uses the processors of the machine while something is measured. */
export const consumers = ['node', 'evaluators', 'postgres', 'temporal', 'sender'] as const;
export type ProcessorTime = Readonly<Record<(typeof consumers)[number], number>>;

export const eachConsumer = (value: (name: keyof ProcessorTime) => number): ProcessorTime =>
  Object.fromEntries(consumers.map((name) => [name, value(name)])) as unknown as ProcessorTime;

export interface MeasuredProcesses {
  /** The gateway, or the bare engine in its place. */
  readonly node: number;
  readonly postgres: number;
  /** Undefined for a server that the bench did not start. */
  readonly temporal: number | undefined;
}

/**
 * Processor time that each has used so far, in milliseconds, from a clock of 100 ticks a second; NaN off
 * Linux. Postgres is counted with its connections, those of Temporal among them.
 */
export function processorTime(processes: MeasuredProcesses): ProcessorTime {
  const { node, postgres, temporal } = processes;
  return {
    node: timeOf(node),
    evaluators: timeOfChildren(node),
    postgres: timeOf(postgres) + timeOfChildren(postgres),
    temporal: temporal === undefined ? 0 : timeOf(temporal),
    sender: timeOf(process.pid),
  };
}

/** What was used since, for one of `count`. */
export const perUnit = (from: ProcessorTime, to: ProcessorTime, count: number): ProcessorTime =>
  eachConsumer((name) => (to[name] - from[name]) / count);

/** Processes that the first thread of a process has started and that still run. */
export function childrenOf(pid: number): number[] {
  if (process.platform !== 'linux') return [];
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').match(/\d+/g) ?? [];
  return children.map(Number);
}

/** Those that ended included: connections and evaluators come and go while something is measured. */
const timeOfChildren = (pid: number): number =>
  childrenOf(pid).reduce((sum, child) => sum + (timeOf(child) || 0), timeOf(pid, endedChildren));

/** Fields of /proc/pid/stat behind the command: user and system time, in ticks. */
const itself = [11, 12] as const;
const endedChildren = [13, 14] as const;

/** NaN for a process that is gone. */
function timeOf(pid: number, counted: readonly number[] = itself): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return counted.reduce((sum, field) => sum + Number(fields[field]) * 10, 0);
  } catch {
    return NaN;
  }
}
