import { z } from 'zod';
import {
  findEndpointByName,
  listEndpoints,
  type Endpoint,
} from '../../../shared/db/queries/endpoints.ts';
import { toWireId } from '../../../shared/domain/ids.ts';
import { invalid, TidegateError } from '../../../shared/errors/tidegate-error.ts';
import {
  createdOrganizationWebhookSchema,
  namedOrganizationWebhookSchema,
  newOrganizationWebhookSchema,
  organizationWebhookChangeSchema,
  organizationWebhookSchema,
  type NewOrganizationWebhook,
  type OrganizationWebhook,
} from '../../../shared/schemas/compat-api.ts';
import { endpointNameSchema } from '../../../shared/schemas/endpoint-api.ts';
import { defineRoute, type ApiContext, type ApiRoute } from '../api/route.ts';
import { auditEndpoint, endpointPermission } from '../api/routes/endpoints.ts';
import { checkUrls } from '../endpoints/check-urls.ts';
import { changeEndpoint, createEndpoint } from '../endpoints/save-endpoint.ts';
import type { EndpointServices } from '../endpoints/services.ts';
import { removeEndpoint } from '../endpoints/states.ts';
import { isVisible, ownerOf, type EndpointContext } from '../endpoints/visibility.ts';
import { organizationEventTypes, toEventUrls, toGroups } from './event-groups.ts';

const tag = 'Compatibility';
const path = '/api/webhook';
const params = z.object({ name: z.string().max(200) });
/** How organization webhooks are written, signed and retried. */
const settings = {
  signatureProfile: 'exa',
  retryProfile: 'exponential',
  timeoutMs: 60_000,
} as const;
/** More than a tenant may have, so that one page holds all. */
const webhooksMax = 100;

/**
 * Organization webhooks as exa has them: endpoints of the profile `exa` by name, in its shapes, over the
 * same services as /api/v1/webhooks.
 */
export function organizationWebhookRoutes(services: EndpointServices): readonly ApiRoute[] {
  const create = (spec: {
    readonly path: string;
    readonly operationId: string;
    readonly summary: string;
    readonly isNamed: boolean;
  }): ApiRoute =>
    defineRoute({
      method: 'POST',
      path: spec.path,
      operationId: spec.operationId,
      tag,
      summary: spec.summary,
      permission: endpointPermission,
      ...(spec.isNamed && { params }),
      body: newOrganizationWebhookSchema,
      status: 201,
      response: createdOrganizationWebhookSchema,
      errors: ['name_taken', 'endpoint_limit_reached'],
      prepare: ({ body }) => checkUrls(services, { url: body.url, eventUrls: toEventUrls(body) }),
      async handle(context) {
        const given = spec.isNamed ? context.params.name : context.body.name;
        return createWebhook(services, context, validName(given), context.body);
      },
    });

  return [
    defineRoute({
      method: 'GET',
      path,
      operationId: 'listOrganizationWebhooks',
      tag,
      summary: 'The organization webhooks, by name',
      permission: endpointPermission,
      isCountedRead: true,
      status: 200,
      response: z.record(z.string(), organizationWebhookSchema),
      async handle(context) {
        const { signatureProfile } = settings;
        const filter = { ownerUserId: await ownerOf(context), signatureProfile };
        const page = { after: undefined, limit: webhooksMax };
        const endpoints = await listEndpoints(context.tx, filter, page);
        return Object.fromEntries(endpoints.map((endpoint) => [endpoint.name, present(endpoint)]));
      },
    }),
    defineRoute({
      method: 'GET',
      path: `${path}/:name`,
      operationId: 'readOrganizationWebhook',
      tag,
      summary: 'One organization webhook',
      permission: endpointPermission,
      isCountedRead: true,
      params,
      status: 200,
      response: organizationWebhookSchema,
      errors: ['validation_failed'],
      async handle(context) {
        return present(await requireWebhook(context, context.params.name));
      },
    }),
    create({
      path,
      operationId: 'createOrganizationWebhook',
      summary: 'Make an organization webhook under the name in the body; its secret is shown once',
      isNamed: false,
    }),
    create({
      path: `${path}/:name`,
      operationId: 'createNamedOrganizationWebhook',
      summary: 'Make an organization webhook under the name in the path; its secret is shown once',
      isNamed: true,
    }),
    defineRoute({
      method: 'PATCH',
      path: `${path}/:name`,
      operationId: 'updateOrganizationWebhook',
      tag,
      summary: 'Change an organization webhook; null clears the URL of an event',
      permission: endpointPermission,
      params,
      body: organizationWebhookChangeSchema,
      status: 200,
      response: namedOrganizationWebhookSchema,
      prepare: ({ body }) => checkUrls(services, { url: body.url, eventUrls: toEventUrls(body) }),
      async handle(context) {
        const { body } = context;
        const { id, name } = await requireWebhook(context, context.params.name);
        const change = {
          ...(body.url !== undefined && { url: body.url }),
          eventUrls: toEventUrls(body),
        };
        await changeEndpoint(services, context, toWireId('endpoint', id), change);
        await auditEndpoint(context, 'updated', id, { changed: Object.keys(body) });
        return { name, ...present(await requireWebhook(context, name)) };
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: `${path}/:name`,
      operationId: 'deleteOrganizationWebhook',
      tag,
      summary: 'Delete an organization webhook with its secret',
      permission: endpointPermission,
      params,
      status: 200,
      response: z.strictObject({ code: z.literal('ok') }),
      errors: ['validation_failed'],
      async handle(context) {
        const { id, name } = await requireWebhook(context, context.params.name);
        const ended = await removeEndpoint(context.tx, id);
        await auditEndpoint(context, 'deleted', id, { name, ended: ended.length });
        context.afterCommit(() => services.wake(ended));
        return { code: 'ok' as const };
      },
    }),
  ];
}

async function createWebhook(
  services: EndpointServices,
  context: Pick<ApiContext, 'tx' | 'caller'>,
  name: string,
  body: NewOrganizationWebhook,
): Promise<z.output<typeof createdOrganizationWebhookSchema>> {
  const { id, signingSecret: secret } = await createEndpoint(services, context, {
    ...settings,
    name,
    url: body.url,
    eventUrls: toEventUrls(body),
    eventTypes: [...organizationEventTypes],
  });
  await auditEndpoint(context, 'created', id, { name });
  return { name, ...present(await requireWebhook(context, name)), secret };
}

/** The endpoint of a name. Throws `validation_failed` for what cannot be one, and `not_found`. */
async function requireWebhook(context: EndpointContext, name: string): Promise<Endpoint> {
  const ownerUserId = await ownerOf(context);
  const endpoint = await findEndpointByName(context.tx, validName(name));
  const isOne = endpoint?.signatureProfile === settings.signatureProfile;
  if (endpoint === undefined || !isOne || !isVisible(endpoint, ownerUserId)) {
    throw new TidegateError('not_found');
  }
  return endpoint;
}

function validName(name: string | undefined): string {
  const parsed = endpointNameSchema.safeParse(name);
  if (!parsed.success) throw invalid('/name', 'A name is 1 to 64 of a-z, 0-9 and hyphens.');
  return parsed.data;
}

const present = ({ url, eventUrls }: Endpoint): OrganizationWebhook => ({
  url,
  ...toGroups(eventUrls),
});
