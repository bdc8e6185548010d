import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { TidegateError } from '../../../shared/errors/tidegate-error.ts';
import { codedErrors } from '../compat/coded-errors.ts';
import { plainErrors } from '../compat/plain-errors.ts';
import { problemForm, type ErrorForm } from './error-form.ts';

/** What a framework says of a path with a name that is longer than any of ours. */
const tooLongCode = 'FST_ERR_MAX_PARAM_LENGTH';

/**
 * Answers requests that reach no route, in the form of the API they were meant for (S-135): a path that
 * nothing has, a method that it does not have, a path that cannot be decoded. Elsewhere the answer is
 * empty. Answers do not repeat what was sent. Must be called before routes are registered.
 */
export function answerUnrouted(app: FastifyInstance): void {
  const methodsOf = watchMethods(app);
  const answer = (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const allowed = methodsOf(request.url);
    if (allowed.length > 0) reply.header('allow', allowed.join(', '));
    const code = allowed.length > 0 ? 'method_not_allowed' : 'not_found';
    return problemForm.answer(new TidegateError(code), request, reply);
  };
  const answerAny = (request: FastifyRequest, reply: FastifyReply) =>
    isApi(request.url) ? answer(request, reply) : reply.code(404).send();
  app.setNotFoundHandler(answerAny);
  // What is wrong with the body of such a request does not matter.
  app.setErrorHandler((error, request, reply) =>
    request.is404 ? answerAny(request, reply) : reply.send(error),
  );
}

/** Answers what the framework refuses before it looks for a route. */
export function answerFrameworkError(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const form = formOf(request.url);
  if (form === undefined) return void reply.code(error.statusCode ?? 400).send();
  const refusal =
    error.code === tooLongCode
      ? new TidegateError('not_found')
      : new TidegateError('validation_failed', 'The path cannot be decoded.');
  void form.answer(refusal, request, reply);
}

const isApi = (url: string): boolean => url.startsWith('/api/v1/');

function formOf(url: string): ErrorForm | undefined {
  if (isApi(url)) return problemForm;
  if (url.startsWith('/api/webhook/')) return codedErrors;
  return url.startsWith('/api/webhooks/') ? plainErrors : undefined;
}

/** Notes which methods each path has; gives those of the path that a URL fits, sorted. */
function watchMethods(app: FastifyInstance): (url: string) => readonly string[] {
  const paths = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }) => {
    const methods = paths.get(url) ?? new Set();
    for (const each of [method].flat()) methods.add(each);
    paths.set(url, methods);
  });
  return (url) => {
    const segments = (url.split('?', 1)[0] ?? '').split('/');
    const fitting = [...paths.keys()].filter((path) => fits(path.split('/'), segments));
    // A name that a path spells out is not the id that another path takes in its place.
    const [closest = ''] = fitting.toSorted((a, b) => a.split(':').length - b.split(':').length);
    return [...(paths.get(closest) ?? [])].toSorted();
  };
}

const fits = (pattern: readonly string[], segments: readonly string[]): boolean =>
  pattern.length === segments.length &&
  pattern.every((part, at) => (part.startsWith(':') ? segments[at] !== '' : part === segments[at]));
