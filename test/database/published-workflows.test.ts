import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { makeWorkflowRegistry } from '../../activities/dispatch/workflow-registry.ts';
import {
  listPublishedWorkflows,
  publishWorkflow,
  unpublishWorkflow,
} from '../../shared/db/queries/published-workflows.ts';
import { publishedOf } from '../../shared/domain/handler-workflow.ts';
import type { TestTenant } from '../support/factory.ts';
import { makeOwnFactory, type OwnFactory } from '../support/own-factory.ts';

let factory: OwnFactory;

beforeAll(async () => {
  factory = await makeOwnFactory();
});
afterAll(() => factory.close());

const registry = makeWorkflowRegistry(
  ['welcome', 'approval'].map((id) => ({
    id,
    version: 2,
    title: `About ${id}`,
    input: z.object({ amount: z.number(), note: z.string().default('') }),
  })),
);

/** What a tenant's picker shows. */
const selectable = (tenant: TestTenant) =>
  factory.withTenant(tenant.id, async (tx) => {
    const published = await listPublishedWorkflows(tx);
    return publishedOf(
      registry.listWorkflows(),
      published.map(({ workflowId }) => workflowId),
    ).map(({ id }) => id);
  });

test('S-038 a tenant can list and select its own published workflows, and no others', async () => {
  const [tenant, other] = [await factory.tenant(), await factory.tenant()];
  await factory.withTenant(tenant.id, async (tx) => {
    await publishWorkflow(tx, 'approval', null);
    await publishWorkflow(tx, 'approval', null);
    await publishWorkflow(tx, 'not-registered', null);
  });
  await factory.withTenant(other.id, (tx) => publishWorkflow(tx, 'welcome', null));
  expect(await selectable(tenant)).toEqual(['approval']);
  expect(await selectable(other)).toEqual(['welcome']);

  const takeBack = (workflowId: string) =>
    factory.withTenant(tenant.id, (tx) => unpublishWorkflow(tx, workflowId));
  expect(await takeBack('welcome')).toBe(false);
  expect(await takeBack('approval')).toBe(true);
  expect(await selectable(tenant)).toEqual([]);
  expect(await selectable(other)).toEqual(['welcome']);
});

test('S-038 a workflow is listed with its version and the JSON Schema of the body it takes', () => {
  expect(registry.listWorkflows()).toMatchObject([
    {
      id: 'approval',
      version: 2,
      title: 'About approval',
      description: '',
      inputSchema: {
        type: 'object',
        properties: { amount: { type: 'number' }, note: { type: 'string', default: '' } },
        // What has a default need not be sent.
        required: ['amount'],
      },
    },
    { id: 'welcome' },
  ]);
});
