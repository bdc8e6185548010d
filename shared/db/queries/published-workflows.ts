import type { TenantTx } from '../tenant.ts';

/** A workflow that a tenant may select for its hooks (S-038). */
export interface PublishedWorkflow {
  /** Id of the workflow in its manifest. */
  readonly workflowId: string;
  /** The user who published it; null when the installation did. */
  readonly publishedBy: string | null;
  readonly publishedAt: Date;
}

/** Publishes a workflow to the tenant. One that is published stays as it is. */
export async function publishWorkflow(
  tx: TenantTx,
  workflowId: string,
  publishedBy: string | null,
): Promise<void> {
  await tx.query({
    name: 'publish_workflow',
    text: `
      insert into published_workflows (tenant_id, workflow_id, published_by)
      values ($1::uuid, $2::text, $3::uuid)
      on conflict (tenant_id, workflow_id) do nothing`,
    values: [tx.tenantId, workflowId, publishedBy],
  });
}

/** Takes a workflow back; runs that were started go on. False when it was not published. */
export async function unpublishWorkflow(tx: TenantTx, workflowId: string): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: 'unpublish_workflow',
    text: `
      delete from published_workflows where tenant_id = $1::uuid and workflow_id = $2::text`,
    values: [tx.tenantId, workflowId],
  });
  return rowCount === 1;
}

/** What the tenant has published, by id. Bounded by what an installation registers. */
export async function listPublishedWorkflows(tx: TenantTx): Promise<PublishedWorkflow[]> {
  const { rows } = await tx.query<{
    workflow_id: string;
    published_by: string | null;
    published_at: Date;
  }>({
    name: 'list_published_workflows',
    text: `
      select workflow_id, published_by, published_at from published_workflows
      where tenant_id = $1::uuid
      order by workflow_id
      limit 1000`,
    values: [tx.tenantId],
  });
  return rows.map((row) => ({
    workflowId: row.workflow_id,
    publishedBy: row.published_by,
    publishedAt: row.published_at,
  }));
}

/** Whether the tenant has published a workflow. */
export async function isWorkflowPublished(tx: TenantTx, workflowId: string): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: 'is_workflow_published',
    text: `
      select from published_workflows where tenant_id = $1::uuid and workflow_id = $2::text`,
    values: [tx.tenantId, workflowId],
  });
  return rowCount === 1;
}
