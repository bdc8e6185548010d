import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { directAction, ticketMapping, type TestHook } from '../support/factory.ts';
import { countRuns } from '../support/runs.ts';
import { exchange, pathOf, rawRequest } from '../support/raw-http.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

/** Statuses that a request may be answered with, whatever is in it (docs/reliability.md). */
const documented = new Set([200, 400, 401, 404, 413, 414, 431]);
const runs = 200;

let stack: TestStack;
let hook: TestHook;
beforeAll(async () => {
  stack = await startTestStack();
  const tenant = await stack.factory.tenant();
  hook = await stack.factory.hook(tenant, {
    idempotencySource: { type: 'jsonata', value: 'id' },
    handler: directAction('createTicket', {
      ...ticketMapping(tenant.desk),
      attributes: 'data',
      due_date: 'due',
    }),
  });
});
afterAll(() => stack.stop());

/** Any text at all: control characters, NUL and halves of surrogate pairs included. */
const anyText = fc.string({ unit: 'binary', maxLength: 600 });
const anyHalves = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 60 })
  .map((units) => String.fromCharCode(...units));
const anyValue = fc.oneof(
  anyText,
  anyHalves,
  fc.double(),
  fc.jsonValue(),
  fc.constantFrom('2026-01-01', '+275760-09-13T00:00:00Z', '-271821-04-20T00:00:00Z', '0000-01-01'),
);
/** Bodies that come close enough to what the hook wants to reach the database. */
const plausible = fc
  .record(
    { title: anyValue, ref: anyValue, id: anyValue, data: anyValue, due: anyValue },
    { requiredKeys: [] },
  )
  .map((body) => Buffer.from(JSON.stringify(body)));
/** JSON with one byte changed. */
const damaged = fc.tuple(plausible, fc.nat(), fc.nat({ max: 255 })).map(([bytes, at, byte]) => {
  const changed = Buffer.from(bytes);
  changed[at % changed.length] = byte;
  return changed;
});
const anyBytes = fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes));

const visible = fc.string({
  unit: fc.integer({ min: 0x21, max: 0xff }).map((code) => String.fromCharCode(code)),
  maxLength: 80,
});
const token = fc.stringMatching(/^[A-Za-z0-9_-]{1,20}$/);
const request = fc.record({
  body: fc.oneof({ weight: 4, arbitrary: plausible }, damaged, anyBytes),
  method: fc.constantFrom('POST', 'PUT', 'PATCH', 'GET', 'DELETE'),
  suffix: fc.oneof(
    { weight: 3, arbitrary: fc.constant('') },
    visible,
    visible.map((q) => `?${q}`),
  ),
  headers: fc.array(fc.tuple(token, visible), { maxLength: 4 }),
  isSigned: fc.boolean(),
});

test('S-004 any bytes get a documented answer, and nothing is left that never ends', async () => {
  await fc.assert(
    fc.asyncProperty(request, async ({ body, method, suffix, headers, isSigned }) => {
      const bytes = rawRequest(hook, {
        method,
        body,
        target: pathOf(hook) + suffix,
        lines: [
          ...headers.map(([name, value]) => `x-${name}: ${value}`),
          ...(isSigned ? [] : ['x-signature: sha256=00']),
        ],
      });
      const answer = await exchange(stack.gateway.url, bytes);
      // An action may refuse what the mapping gave it: the one 500 that is documented.
      const isRefusal = answer.status === 500 && answer.body.includes('"dispatch_failed"');
      const isDocumented = isRefusal || documented.has(Number(answer.status));
      expect(isDocumented, `${answer.status} ${answer.body}`).toBe(true);
    }),
    { numRuns: runs },
  );
  expect((await fetch(`${stack.gateway.url}/livez`)).status).toBe(200);
  await eventually(async () => {
    const { rows } = await stack.database.admin.query(
      `select id from inbound_deliveries where dispatch_status = 'pending'`,
    );
    expect(rows).toEqual([]);
    expect(await countRuns(inject('servers').temporalAddress, hook.tenant.slug, 'open')).toBe(0);
  });
}, 120_000);
