import { fromWireId } from '../../shared/domain/ids.ts';
import type { EndpointView } from '../../shared/schemas/endpoint-api.ts';
import { path, type Api } from './api.ts';
import { CliFailure } from './failure.ts';
import { readList } from './options/list.ts';

export type EndpointAnswer = { readonly data: EndpointView };

/** What commands call the endpoint they work on: its id or its name. */
export async function findEndpoint(api: Api, idOrName: string): Promise<EndpointAnswer> {
  if (isEndpointId(idOrName)) return api.get(path`/webhooks/${idOrName}`);
  const endpoint = await findNamed(api, idOrName);
  if (endpoint !== undefined) return { data: endpoint };
  throw new CliFailure({
    exit: 'notFound',
    code: 'not_found',
    message: `There is no endpoint ${idOrName}.`,
    next: '"tidegate endpoints list" shows them; an endpoint is named by its name or its id.',
  });
}

/** The endpoint of a name, or undefined. */
export async function findNamed(api: Api, name: string): Promise<EndpointView | undefined> {
  const { data } = await readList<EndpointView>(api, '/webhooks', { all: true });
  return data.find((endpoint) => endpoint.name === name);
}

/** The id of an endpoint, without looking it up when that was given. */
export async function endpointId(api: Api, idOrName: string): Promise<string> {
  return isEndpointId(idOrName) ? idOrName : (await findEndpoint(api, idOrName)).data.id;
}

/** The path of an endpoint. */
export async function endpointPath(api: Api, idOrName: string): Promise<string> {
  return path`/webhooks/${await endpointId(api, idOrName)}`;
}

const isEndpointId = (text: string): boolean => fromWireId('endpoint', text) !== undefined;
