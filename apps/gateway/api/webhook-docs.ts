import { eventTypes } from '../../../shared/events/catalogue.ts';
import { envelopeJsonSchema } from '../../../shared/events/envelope.ts';
import type { EventType } from '../../../shared/events/event-type.ts';

const header = (name: string, description: string) => ({
  name,
  description,
  in: 'header',
  required: true,
  schema: { type: 'string' as const },
});

const parameters = [
  header('webhook-id', 'Id of the event, the same on every attempt'),
  header('webhook-timestamp', 'When this attempt was signed, in seconds since 1970'),
  header('webhook-signature', 'Signatures of Standard Webhooks, one for each valid secret'),
];

/** The `webhooks` of the OpenAPI document: what endpoints get for each built-in type (S-097, S-101). */
export function webhookDocs() {
  return Object.fromEntries(eventTypes.map((type) => [type.name, { post: operationOf(type) }]));
}

function operationOf(type: EventType) {
  // The document says once which dialect its schemas are in.
  const { $schema: _dialect, ...schema } = envelopeJsonSchema(type);
  return {
    operationId: `on_${type.name.replaceAll('.', '_')}`,
    tags: ['Webhooks'],
    summary: type.title,
    description: `${type.description}\n\nIn the default form. Members and types may be added: take what you do not know.`,
    parameters,
    requestBody: {
      required: true,
      content: { 'application/json': { schema: schema as object } },
    },
    responses: {
      '2XX': { description: 'Taken; every other answer is tried again by the schedule' },
      '410': { description: 'Disables the endpoint' },
    },
  };
}
