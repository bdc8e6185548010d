import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTicket } from '../../activities/actions/create-ticket.ts';
import { applyMapping } from '../../shared/evaluator/apply-mapping.ts';
import { makeEvaluator, type Evaluator } from '../../shared/evaluator/evaluator.ts';
import { previewMapping } from '../../shared/evaluator/preview.ts';
import type { EvaluationContext } from '../../shared/evaluator/protocol.ts';
import { newTenantId } from '../support/evaluation.ts';

let evaluator: Evaluator;
beforeAll(() => {
  evaluator = makeEvaluator({ children: 1 });
});
afterAll(() => evaluator.close());

const references = {
  client_id: '"c-1"',
  board_id: '$headers.board',
  priority_id: '$query.priority',
};
const good = {
  ...references,
  title: 'alert.title',
  description: 'alert.count',
  due_date: 'no.such',
};

const contextOf = (body: unknown): EvaluationContext => ({
  body,
  headers: { board: 'b-1' },
  query: { priority: 'p-1' },
  delivery: { id: 'ind_1', receivedAt: '2026-01-01T00:00:00.000Z', idempotencyKey: null },
});

const request = (mapping: Readonly<Record<string, string>>) => ({
  tenantId: newTenantId(),
  level: 'full' as const,
  action: createTicket,
  mapping,
});

describe('a preview of a mapping', () => {
  test('S-039 shows each field as the action would get it, for each body', async () => {
    const contexts = [
      contextOf({ alert: { title: 'Disk full', count: 3 } }),
      contextOf({ alert: { title: 'CPU' } }),
    ];
    const previews = await previewMapping(evaluator, { ...request(good), contexts });
    const given = [
      { field: 'client_id', value: 'c-1' },
      { field: 'board_id', value: 'b-1' },
      { field: 'priority_id', value: 'p-1' },
    ];
    expect(previews).toEqual([
      {
        fields: [
          ...given,
          { field: 'title', value: 'Disk full' },
          { field: 'description', value: '3' },
          { field: 'due_date' },
        ],
        missing: [],
        wouldDispatch: true,
      },
      {
        fields: [
          ...given,
          { field: 'title', value: 'CPU' },
          { field: 'description' },
          { field: 'due_date' },
        ],
        missing: [],
        wouldDispatch: true,
      },
    ]);
  });

  test('S-039 names every fault, not only the first', async () => {
    const mapping = {
      title: 'alert.',
      client_id: 'alert',
      board_id: '""',
      colour: '"red"',
      description: '$number("x")',
    };
    const contexts = [contextOf({ alert: { title: 'Disk full' } })];
    const [preview] = await previewMapping(evaluator, { ...request(mapping), contexts });
    expect(preview).toEqual({
      fields: [
        { field: 'title', error: expect.stringMatching(/^S0\d.*\(expression: alert\.\)$/) },
        { field: 'client_id', error: expect.stringContaining('is not a text') },
        { field: 'board_id' },
        { field: 'colour', error: 'createTicket has no such field' },
        { field: 'description', error: expect.stringContaining('(expression: $number("x"))') },
      ],
      missing: ['board_id', 'priority_id'],
      wouldDispatch: false,
    });
  });

  test.for([
    ['a mapping that works', good],
    ['a failing expression', { ...good, description: '$number("x")' }],
    ['a value of another type', { ...good, description: 'alert' }],
    ['an unknown field', { ...good, colour: '"red"' }],
    ['a required field that is absent', { ...good, title: 'no.such' }],
    ['a required field that is not mapped', references],
    ['what the level refuses', { ...good, title: '$map(alert, $string)' }],
  ] as const)('S-039 agrees with the dispatch on %s', async ([, mapping]) => {
    const context = contextOf({ alert: { title: 'Disk full', count: 3 } });
    const asked = { ...request(mapping), level: 'strict' as const };
    const [preview] = await previewMapping(evaluator, { ...asked, contexts: [context] });
    const mapped = await applyMapping(evaluator, { ...asked, context });
    const values = preview?.fields.flatMap((each) =>
      'value' in each ? [[each.field, each.value]] : [],
    );
    const fault = preview?.fields.find((each) => 'error' in each)?.field ?? preview?.missing[0];
    const shown = preview?.wouldDispatch
      ? { ok: true, fields: Object.fromEntries(values ?? []) }
      : { ok: false, field: fault };
    expect(mapped).toMatchObject(shown);
  });
});
