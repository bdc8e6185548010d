import type { z } from 'zod';
import type { TenantVault } from '../../../../shared/crypto/tenant-vault.ts';
import { currentSecretPrefix } from '../../../../shared/db/queries/secret-rotations.ts';
import type { TenantTx } from '../../../../shared/db/tenant.ts';
import type { EndpointId, TenantId } from '../../../../shared/domain/ids.ts';
import { TidegateError } from '../../../../shared/errors/tidegate-error.ts';
import {
  abortRotation,
  finishRotation,
  rotateSecret,
  type RotationActor,
} from '../../../../shared/outbound/secret-rotation.ts';
import {
  endedRotationSchema,
  rotatedEndpointSecretSchema,
  rotateEndpointSecretSchema,
} from '../../../../shared/schemas/rotation-api.ts';
import { requireEndpoint } from '../../endpoints/visibility.ts';
import { actorOf } from '../audit.ts';
import { defineSharedRoute, type ApiRoute } from '../route.ts';
import { endpointAccess, endpointParams, endpointsPath } from './endpoints.ts';

export interface RotationServices {
  readonly vault: TenantVault;
  /** Starts or tells the run of a rotation, after the commit; what it misses a job does later. */
  readonly noteRotation: (tenantId: TenantId, endpointId: EndpointId) => void;
}

const tag = 'Endpoints';
const path = `${endpointsPath}/:id/rotate-secret`;

/** Rotation of an endpoint's signing secret (S-070, S-071): the transaction decides what signs. */
export function rotationRoutes(services: RotationServices): readonly ApiRoute[] {
  const ending = (spec: {
    readonly verb: 'finish' | 'abort';
    readonly summary: string;
    readonly description: string;
    readonly end: (tx: TenantTx, id: EndpointId, actor: RotationActor) => Promise<boolean>;
  }): ApiRoute =>
    defineSharedRoute({
      method: 'POST',
      path: `${path}/${spec.verb}`,
      operationId: `${spec.verb}SecretRotation`,
      tag,
      summary: spec.summary,
      description: spec.description,
      ...endpointAccess,
      params: endpointParams,
      status: 200,
      response: endedRotationSchema,
      errors: ['rotation_not_running'],
      async handle(context): Promise<z.output<typeof endedRotationSchema>> {
        const { tx, caller } = context;
        const { id } = await requireEndpoint(context, context.params.id, 'for update');
        if (!(await spec.end(tx, id, actorOf(caller)))) {
          throw new TidegateError('rotation_not_running');
        }
        context.afterCommit(() => services.noteRotation(tx.tenantId, id));
        const secretPrefix = (await currentSecretPrefix(tx, id)) ?? null;
        return { secretPrefix, previousSecretExpiresAt: null };
      },
    });

  return [
    defineSharedRoute({
      method: 'POST',
      path,
      operationId: 'rotateEndpointSecret',
      tag,
      summary: 'Replace the signing secret; the new one is shown once',
      description:
        'Until the grace is over both secrets sign. A rotation during another one ends what signed before the first at once.',
      ...endpointAccess,
      params: endpointParams,
      body: rotateEndpointSecretSchema,
      status: 200,
      response: rotatedEndpointSecretSchema,
      errors: ['secret_kind_refused'],
      async handle(context) {
        const { tx, caller, body } = context;
        const endpoint = await requireEndpoint(context, context.params.id, 'for update');
        const request = { endpointId: endpoint.id, ...body };
        const rotated = await rotateSecret(services.vault, tx, request, actorOf(caller));
        if (rotated.kind === 'no_endpoint') throw new TidegateError('not_found');
        if (rotated.kind === 'kind_refused') throw new TidegateError('secret_kind_refused');
        context.afterCommit(() => services.noteRotation(tx.tenantId, endpoint.id));
        const { signingSecret, publicKey, previousSecretExpiresAt } = rotated;
        return {
          signingSecret,
          publicKey,
          previousSecretExpiresAt: previousSecretExpiresAt?.toISOString() ?? null,
        };
      },
    }),
    ending({
      verb: 'finish',
      summary: 'End the grace of a rotation now: only the new secret signs',
      description: 'For when the receiver has the new secret.',
      end: finishRotation,
    }),
    ending({
      verb: 'abort',
      summary: 'Take a rotation back: the old secret signs alone, the new one is erased',
      description: 'For when the new secret never reached the receiver, or others.',
      end: abortRotation,
    }),
  ];
}
