import type { TenantTx } from '../tenant.ts';

/**
 * Ends the claims of a credential that is being removed, so that their conversations are free at once.
 * Locks the conversations first, as everybody does who decides over a claim; then the credential, which
 * lets no further claim of it be made. Returns how many conversations were let go.
 */
export async function releaseClaimsOf(tx: TenantTx, credentialId: string): Promise<number> {
  await tx.query({
    text: `
      select from conversations v
      where v.tenant_id = $1::uuid and v.id in (
        select c.conversation_id from conversation_claims c
        where c.tenant_id = $1::uuid and c.credential_id = $2::uuid and c.status = 'active')
      order by v.id
      for no key update`,
    values: [tx.tenantId, credentialId],
  });
  await tx.query({
    text: `
      select from automation_credentials k
      where k.tenant_id = $1::uuid and k.id = $2::uuid for update`,
    values: [tx.tenantId, credentialId],
  });
  const { rowCount } = await tx.query({
    text: `
      with ended as (
        update conversation_claims c
        set status = case when c.expires_at > clock_timestamp() then 'released' else 'expired' end,
          ended_at = clock_timestamp()
        where c.tenant_id = $1::uuid and c.credential_id = $2::uuid and c.status = 'active'
        returning c.conversation_id
      )
      update conversations v set updated_at = clock_timestamp()
      from ended e
      where v.tenant_id = $1::uuid and v.id = e.conversation_id`,
    values: [tx.tenantId, credentialId],
  });
  return rowCount ?? 0;
}
