import { Client, Connection } from '@temporalio/client';
import {
  inboundDeliveryName,
  searchAttributes,
} from '../../workflows/inbound-delivery/contract.ts';

/** How many runs of a tenant's deliveries a Temporal server knows: the open ones of every kind, or all inbound ones. */
export async function countRuns(
  temporalAddress: string,
  tenantSlug: string,
  which: 'open' | 'all',
): Promise<number> {
  const connection = await Connection.connect({ address: temporalAddress });
  try {
    const ofTenant = `${searchAttributes.tenant} = '${tenantSlug}'`;
    const query =
      which === 'all'
        ? `${ofTenant} AND WorkflowType = '${inboundDeliveryName}'`
        : `${ofTenant} AND ExecutionStatus = 'Running'`;
    return (await new Client({ connection }).workflow.count(query)).count;
  } finally {
    await connection.close();
  }
}
