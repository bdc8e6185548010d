import { errorCatalogue } from '../../../shared/errors/catalogue.ts';
import { plainErrorSchema } from '../../../shared/schemas/compat-api.ts';
import type { ErrorForm } from '../api/error-form.ts';
import { noteError } from '../api/problem.ts';

/** Errors as `{error, details?}`, in words. */
export const plainErrors: ErrorForm = {
  mediaType: 'application/json',
  schema: plainErrorSchema,
  describe: (code) => errorCatalogue[code].title,
  statusOf: (code) => errorCatalogue[code].status,
  async answer(error, request, reply) {
    const { status, message, details } = noteError(error, request, reply);
    await reply
      .code(status)
      .type('application/json')
      .serializer((body: unknown) => JSON.stringify(body))
      .send({ error: message, ...(details.length > 0 && { details: [...details] }) });
  },
};
