import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import {
  hasZodFastifySchemaValidationErrors,
  isResponseSerializationError,
} from 'fastify-type-provider-zod';
import { isUnavailable, isUnstorableText } from '../../../shared/db/pool.ts';
import { TidegateError, type ErrorDetail } from '../../../shared/errors/tidegate-error.ts';
import type { Problem } from '../../../shared/schemas/common.ts';
import { retryAfterSeconds } from '../retry-after.ts';

/**
 * Answers any error of the API in one shape (S-135). What is not an expected refusal is logged and
 * answered as a bare 500: its text may say more than the caller should know.
 */
export async function answerProblem(
  error: FastifyError | Error,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const known = noteError(error, request, reply);
  await reply
    .code(known.status)
    .type('application/problem+json')
    .serializer((body: unknown) => JSON.stringify(body))
    .send(problemOf(known, request.id));
}

/**
 * The refusal that an error of the API stands for. Logs what the operator should know of, and sets the
 * headers that go with it in every form of answer.
 */
export function noteError(
  error: FastifyError | Error,
  request: FastifyRequest,
  reply: FastifyReply,
): TidegateError {
  const known = asKnown(error);
  if (known.code === 'internal' || known.code === 'unavailable') {
    request.log.error({ event: `api.${known.code}`, requestId: request.id, err: error });
  }
  if (known.code === 'unauthenticated') reply.header('www-authenticate', 'Bearer');
  if (known.retryAfterSeconds !== undefined) {
    reply.header('retry-after', String(known.retryAfterSeconds));
  } else if (known.code === 'unavailable' || known.code === 'idempotency_in_progress') {
    reply.header('retry-after', retryAfterSeconds());
  }
  return known;
}

export function problemOf(error: TidegateError, requestId: string): Problem {
  return {
    type: `urn:tidegate:error:${error.code}`,
    title: new TidegateError(error.code).message,
    status: error.status,
    code: error.code,
    message: error.message,
    details: [...error.details],
    requestId,
  };
}

function asKnown(error: FastifyError | Error): TidegateError {
  if (error instanceof TidegateError) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const where = error.validationContext === 'body' ? '' : `/${error.validationContext ?? ''}`;
    const details = error.validation.map((issue): ErrorDetail => ({
      // A fault of the whole is at the empty pointer; the library writes a slash.
      pointer: where + (issue.instancePath === '/' ? '' : issue.instancePath),
      message: issue.message ?? 'is not valid',
    }));
    return new TidegateError('validation_failed', undefined, { details });
  }
  if (isResponseSerializationError(error)) return new TidegateError('internal');
  if (isUnavailable(error)) return new TidegateError('unavailable');
  if (isUnstorableText(error)) {
    // Schemas refuse it where they know the member; this is for texts that are only compared.
    const message = 'NUL and half characters are not taken.';
    return new TidegateError('validation_failed', message, { cause: error });
  }
  const status = 'statusCode' in error ? error.statusCode : undefined;
  if (status === 413) return new TidegateError('payload_too_large');
  if (status === 415) return new TidegateError('unsupported_media_type');
  if (status === 404) return new TidegateError('not_found');
  if (status !== undefined && status < 500) {
    return new TidegateError('validation_failed', error.message);
  }
  return new TidegateError('internal');
}
