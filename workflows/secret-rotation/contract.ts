/** Names and types that others may know of the secretRotation workflow. Public API: change with a version. */

export const secretRotationName = 'secretRotation';

export interface SecretRotationInput {
  readonly tenantId: string;
  readonly endpointId: string;
}

/** The id of the run of an endpoint's rotation: `wh_…` under the slug of its tenant. */
export const rotationWorkflowId = (tenantSlug: string, endpointWireId: string): string =>
  `rotate/${tenantSlug}/${endpointWireId}`;

/** Sent when the secrets of the endpoint have changed: the run looks at them anew. */
export const rotationChangedSignalName = 'changed';

/** Updates that an operator can send from the Temporal UI; the API does the same through the rows. */
export const rotationUpdateNames = { finishNow: 'finishNow', abort: 'abort' } as const;
