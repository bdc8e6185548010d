/**
 * Stands for "no user" where a filter names whose endpoints are meant: those that are the tenant's own,
 * which automation credentials see where endpoints belong to users (S-088). The largest UUID, which no
 * user has; null asks for everybody's.
 */
export const nobody = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** SQL: whether what a column says owns a row is the user, or `nobody`, in a parameter. */
export function belongsTo(
  column: 'owner_user_id' | 'e.owner_user_id' | 'o.owner_user_id' | 'created_by',
  parameter: `$${number}`,
): string {
  return `${column} is not distinct from nullif(${parameter}::uuid, '${nobody}'::uuid)`;
}
