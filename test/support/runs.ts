import { Client, Connection } from '@temporalio/client';
import { searchAttributes } from '../../workflows/inbound-delivery/contract.ts';

/** How many runs of a tenant's deliveries a Temporal server knows: the open ones, or all. */
export async function countRuns(
  temporalAddress: string,
  tenantSlug: string,
  which: 'open' | 'all',
): Promise<number> {
  const connection = await Connection.connect({ address: temporalAddress });
  try {
    const ofTenant = `${searchAttributes.tenant} = '${tenantSlug}'`;
    const query = which === 'all' ? ofTenant : `${ofTenant} AND ExecutionStatus = 'Running'`;
    return (await new Client({ connection }).workflow.count(query)).count;
  } finally {
    await connection.close();
  }
}
