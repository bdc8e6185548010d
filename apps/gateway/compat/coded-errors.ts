import type { z } from 'zod';
import { errorCatalogue, type ErrorCode } from '../../../shared/errors/catalogue.ts';
import type { TidegateError } from '../../../shared/errors/tidegate-error.ts';
import { codedErrorSchema } from '../../../shared/schemas/compat-api.ts';
import type { ErrorForm } from '../api/error-form.ts';
import { noteError } from '../api/problem.ts';

type CodedError = z.output<typeof codedErrorSchema>;

/** The words by which clients of organization webhooks know what went wrong. */
const words: Partial<Readonly<Record<ErrorCode, string>>> = {
  unauthenticated: 'unauthorized',
  // Whoever was switched off, or whose token has ended, belongs to no organization any more.
  token_expired: 'no organization',
  permission_missing: 'no permission',
  validation_failed: 'bad request',
  not_found: 'not found',
  name_taken: 'name conflict',
};

/** Errors as `{code}`. */
export const codedErrors: ErrorForm = {
  mediaType: 'application/json',
  schema: codedErrorSchema,
  describe: (code) => `\`${wordOf(code)}\``,
  statusOf: (code) => errorCatalogue[code].status,
  async answer(error, request, reply) {
    const known = noteError(error, request, reply);
    await reply
      .code(known.status)
      .type('application/json')
      .serializer((body: unknown) => JSON.stringify(body))
      .send(bodyOf(known, 'validation' in error));
  },
};

const wordOf = (code: ErrorCode): string => words[code] ?? code.replaceAll('_', ' ');

/** `isOfForm`: the body did not have the documented form, as opposed to a value that was refused. */
function bodyOf(error: TidegateError, isOfForm: boolean): CodedError {
  if (error.code !== 'validation_failed') return { code: wordOf(error.code) };
  if (isOfForm) {
    const message = error.details.map(({ pointer, message }) => `${pointer} ${message}`.trim());
    return { code: 'bad request', legacy: 'bad request', message };
  }
  const pointer = error.details[0]?.pointer ?? '';
  if (pointer === '/name') return { code: 'invalid name' };
  const isUrl = pointer === '/url' || pointer.startsWith('/eventUrls');
  return { code: isUrl ? 'invalid url' : 'bad request' };
}
