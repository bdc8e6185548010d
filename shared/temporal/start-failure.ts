import { isGrpcServiceError } from '@temporalio/client';

/**
 * What a failed start says.
 *
 * away     Temporal did not answer, or does not let this process in: every start fares the same, so
 *          the next one waits for a better time.
 * refused  the request itself is not acceptable: too large, an unknown search attribute. Asking
 *          again is no use.
 * fault    anything else: an internal error of the server, a defect of ours.
 */
export type StartFailure = 'away' | 'refused' | 'fault';

/** Numbers of gRPC status codes, as the service errors of the SDK carry them. */
const grpc = {
  cancelled: 1,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  aborted: 10,
  unimplemented: 12,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** A namespace that is not found and credentials that are refused are the operator's to correct. */
const awayCodes = new Set<number>([
  grpc.cancelled,
  grpc.deadlineExceeded,
  grpc.notFound,
  grpc.permissionDenied,
  grpc.resourceExhausted,
  grpc.aborted,
  grpc.unimplemented,
  grpc.unavailable,
  grpc.unauthenticated,
]);

/** Sorts the error that a client's `workflow.start` rejected with. */
export function classifyStartFailure(error: unknown): StartFailure {
  const status = serviceErrorOf(error);
  if (status === undefined) return 'fault';
  if (status.code === grpc.invalidArgument) return 'refused';
  return awayCodes.has(status.code) ? 'away' : 'fault';
}

/** The reason in the server's own words, for the delivery. */
export function startFailureReason(error: unknown): string {
  const details = serviceErrorOf(error)?.details;
  const message = error instanceof Error ? error.message : String(error);
  return `Temporal answered: ${details || message}`;
}

function serviceErrorOf(error: unknown): { code: number; details: string } | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (isGrpcServiceError(cause)) return cause;
  }
  return undefined;
}
