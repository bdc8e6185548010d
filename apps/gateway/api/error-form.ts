import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { errorCatalogue, type ErrorCode } from '../../../shared/errors/catalogue.ts';
import { problemSchema } from '../../../shared/schemas/common.ts';
import { answerProblem } from './problem.ts';

/** How the errors of a part of the API look, on the wire and in the OpenAPI document. */
export interface ErrorForm {
  answer(error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): Promise<void>;
  readonly mediaType: string;
  readonly schema: z.ZodType;
  /** What the document says of a code. Codes with one description are named once. */
  describe(code: ErrorCode): string;
  statusOf(code: ErrorCode): number;
}

/** One shape for every error under /api/v1 (S-135). */
export const problemForm: ErrorForm = {
  answer: answerProblem,
  mediaType: 'application/problem+json',
  schema: problemSchema,
  describe: (code) => `\`${code}\`: ${errorCatalogue[code].title}`,
  statusOf: (code) => errorCatalogue[code].status,
};
