import type { TenantTx, WithTenant } from '../../shared/db/tenant.ts';
import type { RotationStanding } from '../../shared/db/queries/secret-rotations.ts';
import { parseEndpointId, parseTenantId, type EndpointId } from '../../shared/domain/ids.ts';
import {
  abortRotation,
  finishRotation,
  rotationItself,
  tendRotation,
} from '../../shared/outbound/secret-rotation.ts';
import type { RotationActivities, RotationInput, RotationStep } from './contract.ts';

export function makeRotationActivities(deps: {
  readonly withTenant: WithTenant;
}): RotationActivities {
  const inTenant = <Result>(
    { tenantId, endpointId }: RotationInput,
    work: (tx: TenantTx, endpointId: EndpointId) => Promise<Result>,
  ): Promise<Result> =>
    deps.withTenant(parseTenantId(tenantId), (tx) => work(tx, parseEndpointId(endpointId)));
  return {
    tendRotation: async (input) => nextStep(await inTenant(input, tendRotation)),
    finishRotation: (input) =>
      inTenant(input, (tx, endpointId) => finishRotation(tx, endpointId, rotationItself)),
    abortRotation: (input) =>
      inTenant(input, (tx, endpointId) => abortRotation(tx, endpointId, rotationItself)),
  };
}

function nextStep(standing: RotationStanding | undefined): RotationStep {
  if (standing === undefined) return { kind: 'ended' };
  const { endsInMs, warnsInMs } = standing;
  const reason = warnsInMs === null ? 'end' : 'warning';
  // Whole milliseconds, rounded up: a timer that is early would find nothing due.
  return { kind: 'wait', reason, waitMs: Math.max(1, Math.ceil(warnsInMs ?? endsInMs)) };
}
