import { Ajv2020, type AnySchema } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { webhookDocs } from '../../apps/gateway/api/webhook-docs.ts';
import { eventTypes } from '../../shared/events/catalogue.ts';
import { renderBody } from '../../shared/signing/profiles.ts';

const ajv = new Ajv2020({ strict: false, validateFormats: false });
const docs = webhookDocs();

const schemaOf = (name: string): AnySchema =>
  docs[name]?.post.requestBody.content['application/json'].schema ?? false;

describe('the webhooks of the OpenAPI document', () => {
  test('S-101 are the built-in types, each once', () => {
    expect(Object.keys(docs)).toEqual(eventTypes.map(({ name }) => name));
    const ids = Object.values(docs).map(({ post }) => post.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test.for(eventTypes.flatMap((type) => type.examples.map((example, n) => ({ type, example, n }))))(
    'S-097 S-101 $type.name describes the body that is sent, example $n, and one with more members',
    ({ type, example }) => {
      const body = renderBody('standard', {
        id: 'evt_0123456789abcdef0123456789abcdef',
        type: type.name,
        schemaVersion: '1',
        createdAt: '2026-01-31T08:00:00.000Z',
        tenantSlug: 'abcdef012345',
        resourceType: example.resource.type,
        resourceId: example.resource.id,
        data: example.data,
      });
      const fits = ajv.compile(schemaOf(type.name));
      const sent = JSON.parse(body);
      expect(fits(sent), JSON.stringify(fits.errors)).toBe(true);
      expect(fits({ ...sent, later: 1, data: { ...sent.data, later: 1 } })).toBe(true);
      expect(fits({ ...sent, schema_version: '2' })).toBe(false);
    },
  );
});
