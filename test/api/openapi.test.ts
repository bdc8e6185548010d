import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeActionRegistry } from '../../activities/actions/registry.ts';
import { scopes as allScopes } from '../../shared/domain/scopes.ts';
import { errorCatalogue } from '../../shared/errors/catalogue.ts';
import { apiAs, type ApiCaller } from '../support/api.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly description?: string;
  readonly security?: readonly unknown[];
  /** What an automation credential needs; absent where none gets in. */
  readonly 'x-scope'?: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly schema?: Readonly<Record<string, unknown>>;
  }[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema: object }>>;
  };
  readonly responses: Readonly<
    Record<
      string,
      { readonly description?: string; readonly content?: Readonly<Record<string, unknown>> }
    >
  >;
}

interface Document {
  readonly openapi: string;
  readonly tags: readonly { readonly name: string; readonly description?: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, object>>;
    readonly securitySchemes: Readonly<Record<string, object>>;
  };
}

let stack: TestStack;
let document: Document;
let api: ApiCaller;

beforeAll(async () => {
  stack = await startTestStack();
  document = (await (await fetch(`${stack.gateway.url}/openapi.json`)).json()) as Document;
  const { token } = await stack.factory.user(await stack.factory.tenant());
  api = apiAs(stack.gateway.url, token);
});
afterAll(() => stack.stop());

const operations = (): [string, Operation][] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, each]): [string, Operation] => [
      `${method.toUpperCase()} ${path}`,
      each,
    ]),
  );

/** Checks a value against a component of the document. */
function conforms(component: string, value: unknown): void {
  const ajv = new Ajv2020({ strict: false, formats: { uuid: true, 'date-time': true, uri: true } });
  ajv.addSchema({ $id: 'doc', components: document.components });
  const validate = ajv.compile({ $ref: `doc#/components/schemas/${component}` });
  expect(validate(value), JSON.stringify(validate.errors)).toBe(true);
}

describe('the OpenAPI document', () => {
  test('S-133 is valid OpenAPI 3.1', async () => {
    const result = await new Validator().validate(
      structuredClone(document) as unknown as Record<string, unknown>,
    );
    expect(result.errors ?? []).toEqual([]);
    expect(document.openapi).toBe('3.1.0');
  });

  test('S-133 refers to nothing that it does not have', () => {
    const text = JSON.stringify(document);
    const refs = new Set([...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref = '']) => ref));
    expect(refs.size).toBeGreaterThan(50);
    const names = new Set(
      Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`),
    );
    expect([...refs].filter((ref) => !names.has(ref))).toEqual([]);
  });

  test('S-133 S-135 declares 400 wherever a part of a request can lack the documented form', () => {
    for (const [name, { parameters = [], requestBody, responses }] of operations()) {
      if (!name.includes('/api/v1/')) continue;
      const takes = requestBody !== undefined || parameters.some((each) => each.in !== 'header');
      expect(Object.keys(responses).includes('400') || !takes, name).toBe(true);
      // A token that has ended, or a key where only users may; the operator has one token.
      const isForbidden = Object.keys(responses).includes('403') || name.includes('/tenants');
      expect(isForbidden, name).toBe(true);
    }
  });

  test('S-133 has the receiver once, templated, with its methods', () => {
    const receivers = Object.entries(document.paths).filter(([path]) => path.includes('/inbound/'));
    expect(receivers.map(([path]) => path)).toEqual(['/api/inbound/{tenantSlug}/{webhookSlug}']);
    expect(Object.keys(receivers[0]?.[1] ?? {}).toSorted()).toEqual([
      'get',
      'patch',
      'post',
      'put',
    ]);
  });

  test('S-135 gives each operation an id of its own, a summary, a tag and declared answers', () => {
    const ids = operations().map(([, { operationId }]) => operationId);
    expect(ids).not.toContain(undefined);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [name, operation] of operations()) {
      expect(operation.summary, name).toBeTruthy();
      expect(operation.tags, name).toHaveLength(1);
      expect(Object.keys(operation.responses).length, name).toBeGreaterThan(0);
    }
  });

  test('S-135 declares for each management route who may not, and errors as problems with known codes', () => {
    for (const [name, { responses }] of operations()) {
      if (!name.includes('/api/v1/')) continue;
      expect(responses, name).toHaveProperty('401');
      expect(responses, name).toHaveProperty('500');
      for (const [status, { description = '', content }] of Object.entries(responses)) {
        if (Number(status) < 400) continue;
        expect(Object.keys(content ?? {}), `${name} ${status}`).toEqual([
          'application/problem+json',
        ]);
        const codes = [...description.matchAll(/`(\w+)`:/g)].map((match) => match[1] ?? '');
        expect(codes.length, `${name} ${status}`).toBeGreaterThan(0);
        for (const code of codes) expect(Object.keys(errorCatalogue)).toContain(code);
      }
    }
  });

  test('S-104 declares for each management route whose tokens it takes, and which scope a key needs', () => {
    const managed = operations().filter(([name]) => name.includes('/api/v1/'));
    const shared = managed.filter(([, operation]) => operation['x-scope'] !== undefined);
    const refusalsOf = ({ responses }: Operation): string => responses['403']?.description ?? '';
    for (const [name, operation] of managed.filter((each) => !shared.includes(each))) {
      expect(operation.security, name).toEqual([{ token: [] }]);
      expect(refusalsOf(operation), name).not.toContain('`scope_missing`');
    }
    for (const [name, operation] of shared) {
      const { 'x-scope': scope, security, description } = operation;
      expect(allScopes, name).toContain(scope);
      expect([[{ token: [] }, { key: [] }], [{ key: [] }]], name).toContainEqual(security);
      expect(description, name).toContain(`need the scope \`${scope}\``);
      for (const code of ['scope_missing', 'credential_disabled', 'credential_expired']) {
        expect(refusalsOf(operation), name).toContain(`\`${code}\``);
      }
    }
    expect(shared.map(([name]) => name)).toContain('GET /api/v1/events/stream');
    expect(document.components.securitySchemes).toMatchObject({
      token: { type: 'http', scheme: 'bearer' },
      key: { type: 'http', scheme: 'bearer' },
    });
  });

  test('S-020 declares the Idempotency-Key of every mutation', () => {
    for (const [name, { parameters = [] }] of operations()) {
      if (!name.includes('/api/v1/') || name.startsWith('GET ')) continue;
      const key = parameters.find((each) => each.name === 'idempotency-key');
      expect(key?.schema, name).toMatchObject({ minLength: 1, maxLength: 255 });
    }
  });

  test('S-133 describes authentication and handler as unions of their forms', () => {
    const { NewHook } = document.components.schemas as Record<
      string,
      { properties: Record<string, { anyOf?: { $ref?: string }[] }> }
    >;
    const refs = (member: string) =>
      NewHook?.properties[member]?.anyOf?.map(({ $ref = '' }) => $ref.split('/').at(-1));
    expect(refs('authConfig')).toEqual([
      'HmacAuthConfig',
      'BearerAuthConfig',
      'IpAllowlistAuthConfig',
      'PathTokenAuthConfig',
      'PresetAuthConfig',
      'VerifierAuthConfig',
    ]);
    expect(refs('handlerConfig')).toEqual(['DirectActionConfig', 'WorkflowConfig']);
  });

  test('S-134 describes the envelope that a workflow handler gets', () => {
    expect(document.components.schemas).toHaveProperty('WorkflowWebhookEnvelope');
  });

  test('S-133 describes each tag and each answer', () => {
    const described = new Set(
      document.tags.filter((tag) => tag.description).map(({ name }) => name),
    );
    for (const [name, { tags = [], responses }] of operations()) {
      expect(
        tags.filter((tag) => !described.has(tag)),
        name,
      ).toEqual([]);
      const descriptions = Object.values(responses).map(({ description }) => description);
      expect(descriptions, name).not.toContain('Default Response');
    }
  });

  test('is served with a page to read it, also over plain HTTP', async () => {
    const page = await fetch(`${stack.gateway.url}/docs`);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toContain('text/html');
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('upgrade-insecure-requests');
  });
});

describe('answers', () => {
  test('S-134 S-022 the action list is the catalogue, in the documented form', async () => {
    const { body } = await api.get('/inbound-webhooks/actions');
    for (const action of body.data) conforms('ActionDefinition', action);
    const names = body.data.map((action: { name: string }) => action.name);
    expect(names.toSorted()).toEqual([...makeActionRegistry().keys()].toSorted());
  });

  test('S-134 the presets are in the documented form', async () => {
    const { body } = await api.get('/inbound-webhooks/verifiers');
    expect(body.data.length).toBeGreaterThan(50);
    for (const preset of body.data) conforms('VerifierPreset', preset);
  });

  test('S-135 an unknown path under /api/v1 and a body of another type are problems', async () => {
    const problem = await api.get('/no-such-thing');
    expect(problem).toMatchObject({ status: 404, body: { code: 'not_found' } });
    conforms('Problem', problem.body);
    const typed = await api.post('/users', undefined, { 'content-type': 'text/plain' });
    expect(typed.status).toBeGreaterThanOrEqual(400);
    expect(typed.status).toBeLessThan(500);
    conforms('Problem', typed.body);
  });

  test('S-135 a body that is not JSON is answered 400 with a code', async () => {
    const { token } = await stack.factory.user(await stack.factory.tenant());
    const response = await fetch(`${stack.gateway.url}/api/v1/users`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: '{"name":',
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'validation_failed' });
  });
});
