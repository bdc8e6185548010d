import { setTimeout as sleep } from 'node:timers/promises';
import { isGrpcServiceError, type Connection } from '@temporalio/client';
import { msNumberToTs, optionalTsToMs } from '@temporalio/common/lib/time.js';

/** What the job found or made of the namespace. */
export interface PreparedNamespace {
  readonly change: 'none' | 'registered' | 'retention raised';
  /** How long ended runs are kept from now on, in milliseconds. */
  readonly retentionMs: number;
}

const grpcCodes = { notFound: 5, alreadyExists: 6 } as const;
/** A new namespace reaches the server's own caches within seconds. */
const usableWithinMs = 60_000;
const probePauseMs = 250;

/**
 * Makes sure that the namespace exists and keeps ended runs for at least `retentionMs`. A longer
 * retention is left as it is. Safe to repeat, and to run twice at once. Throws an Error that says
 * what to do where the server does not let this caller change a namespace.
 */
export async function prepareNamespace(
  connection: Connection,
  namespace: string,
  retentionMs: number,
): Promise<PreparedNamespace> {
  const current = await findRetention(connection, namespace);
  if (current === undefined) {
    await attempt(`register namespace ${namespace}`, () =>
      register(connection, namespace, retentionMs),
    );
    await untilUsable(connection, namespace);
    return { change: 'registered', retentionMs };
  }
  if (current >= retentionMs) return { change: 'none', retentionMs: current };
  await attempt(`raise the retention of namespace ${namespace}`, () =>
    connection.workflowService.updateNamespace({
      namespace,
      config: { workflowExecutionRetentionTtl: msNumberToTs(retentionMs) },
    }),
  );
  return { change: 'retention raised', retentionMs };
}

/** The retention of the namespace in milliseconds, or undefined when there is no such namespace. */
export async function findRetention(
  connection: Connection,
  namespace: string,
): Promise<number | undefined> {
  try {
    const { config } = await connection.workflowService.describeNamespace({ namespace });
    return optionalTsToMs(config?.workflowExecutionRetentionTtl) ?? 0;
  } catch (error) {
    if (hasCode(error, grpcCodes.notFound)) return undefined;
    throw error;
  }
}

async function register(
  connection: Connection,
  namespace: string,
  retentionMs: number,
): Promise<void> {
  try {
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: msNumberToTs(retentionMs),
    });
  } catch (error) {
    // Another run of this job was first.
    if (!hasCode(error, grpcCodes.alreadyExists)) throw error;
  }
}

async function untilUsable(connection: Connection, namespace: string): Promise<void> {
  const deadline = Date.now() + usableWithinMs;
  for (;;) {
    try {
      await connection.operatorService.listSearchAttributes({ namespace });
      return;
    } catch (error) {
      if (!hasCode(error, grpcCodes.notFound) || Date.now() > deadline) throw error;
      await sleep(probePauseMs);
    }
  }
}

async function attempt(what: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw new Error(
      `Temporal does not let this job ${what}; do it with the tools of whoever runs the server, then run the job again`,
      { cause: error },
    );
  }
}

const hasCode = (error: unknown, code: number): boolean =>
  isGrpcServiceError(error) && (error.code as number) === code;
