import type { Failure } from './report.ts';

/** What a check of the fuzzer objects to and is as it should be. */
interface Accepted {
  readonly check: string;
  /** Where; everywhere when absent. */
  readonly operation?: RegExp;
  /** Of the answer; any when absent. */
  readonly status?: number;
  readonly code?: string;
  /** Stands in the body of the answer. */
  readonly says?: RegExp;
  /** Stands in what the check says. */
  readonly message?: RegExp;
  readonly reason: string;
}

/** A request that has the documented form, and is refused all the same. */
const refused = (rest: Omit<Accepted, 'check'>): Accepted => ({
  check: 'positive_data_acceptance',
  ...rest,
});

/** Each as narrow as it can be. What is none of these is a finding. */
const accepted: readonly Accepted[] = [
  refused({
    code: 'cursor_invalid',
    reason: 'A cursor is opaque: its schema does not say which texts a list has given out.',
  }),
  refused({
    status: 422,
    says: /idempotency[_ -](mismatch|key)/i,
    reason: 'The fuzzer repeats its Idempotency-Keys with other bodies, which is what 422 is for.',
  }),
  refused({
    status: 400,
    says: /NUL and half characters are not taken\./,
    reason: 'JSON Schema cannot exclude them without a pattern that hides the one of the member.',
  }),
  refused({
    operation: /^GET .*\/(visitors|conversations)$/,
    status: 400,
    says: /A custom attribute is named by its key and its value\./,
    reason: 'Two parameters go together, which the schemas of parameters cannot say.',
  }),
  refused({
    operation: /^POST .*\/conversations\/create$/,
    status: 400,
    says: /One of visitorId and visitor says whose conversation it is\./,
    reason: 'One of two members, said in words.',
  }),
  refused({
    operation: /^GET .*\/webhooks\/.*deliveries$/,
    status: 400,
    says: /This is no id of an/,
    reason:
      'Ids have a form of their kind; in a filter another form is a mistake, not an empty list.',
  }),
  refused({
    operation: /^(POST|PATCH) \/api\/(v1\/)?webhooks?(\/\{\w+\})?$/,
    status: 400,
    reason: 'URLs, headers, types and secrets of endpoints are judged by what they name.',
  }),
  refused({
    operation: /^POST .*\/(events|webhooks\/\{id\}\/test)$/,
    status: 400,
    reason: 'The type must exist, and the data must fit the schema of the type.',
  }),
  refused({
    operation: /^(POST|PUT|PATCH) .*\/inbound-webhooks(\/\{id\}(\/(preview|rotate-secret))?)?$/,
    status: 400,
    reason:
      'Slug, proof, handler and mapping of a hook are judged by each other and the catalogue.',
  }),
  refused({
    operation: /^(POST|PUT) .*\/events\/types(\/\{name\})?$/,
    status: 400,
    reason: 'Names of types and the JSON Schemas that they may have: docs/events.md has the rules.',
  }),
  refused({
    operation: /^(GET|PATCH|DELETE) \/api\/webhook\/\{name\}$/,
    status: 400,
    says: /invalid name/,
    reason: 'Clients of organization webhooks know this answer to a name that none can have.',
  }),
  refused({
    status: 400,
    says: /There is nothing to change\./,
    reason: 'A change names at least one member, which is said in words.',
  }),
  refused({
    status: 400,
    says: /A credential expires at a moment that is still to come\.|The range is at most \d+ days\./,
    reason: 'Moments are judged by the present one and by each other.',
  }),
  {
    check: 'negative_data_rejection',
    message: /email: Value not matching the 'email' format/,
    reason:
      'The fuzzer bounds the part before the @ by 64 characters; the documented pattern does not.',
  },
  {
    check: 'negative_data_rejection',
    status: 200,
    message: /`updatedSince` in query - updatedSince: Incorrect type/,
    reason: 'The fuzzer sends a whole number as no text; it is one of the two documented forms.',
  },
  {
    check: 'error',
    message: /AST constructor recursion depth mismatch/,
    reason: 'A fault of the Python interpreter with several workers; nothing was asked.',
  },
  {
    check: 'unsupported_method',
    operation: /^\w+ (?!\/api\/v1\/)/,
    status: 404,
    reason:
      'Compatibility routes and the receiver answer like the systems whose clients they serve.',
  },
];

/** Why a failed check is no finding; undefined where it is one. */
export function acceptedFor({ check, operation, message, exchange }: Failure): string | undefined {
  return accepted.find(
    (each) =>
      each.check === check &&
      (each.operation?.test(operation) ?? true) &&
      (each.status === undefined || each.status === exchange?.status) &&
      (each.code === undefined || each.code === exchange?.code) &&
      (each.says === undefined || each.says.test(exchange?.body ?? '')) &&
      (each.message?.test(message) ?? true),
  )?.reason;
}
