import { Option } from 'commander';
import type { z } from 'zod';
import { endpointStatuses } from '../../../shared/domain/outbound.ts';
import type {
  changedEndpointSchema,
  createdEndpointSchema,
  EndpointView,
} from '../../../shared/schemas/endpoint-api.ts';
import { defineCommand, type CommandGroup } from '../command.ts';
import { endpointPath, findEndpoint, type EndpointAnswer } from '../endpoint-lookup.ts';
import {
  endpointOptions,
  readEndpointSettings,
  type EndpointOptions,
} from '../options/endpoint-settings.ts';
import { listOptions, readList, type ListOptions } from '../options/list.ts';
import { secretOptions } from '../options/secret.ts';
import type { Output } from '../output/output.ts';
import { endpointStates } from './endpoint-states.ts';
import { endpointTools } from './endpoint-tools.ts';

type Created = z.output<typeof createdEndpointSchema>;
type Changed = z.output<typeof changedEndpointSchema>;

export const endpoints: CommandGroup = {
  name: 'endpoints',
  summary: 'Where events are sent to; each is named by its name or its id',
  commands: [
    defineCommand<ListOptions & { status?: string }>({
      usage: 'list',
      summary: 'The endpoints, newest first',
      examples: ['endpoints list', 'endpoints list --status disabled --json'],
      options: [
        new Option('--status <status>', 'those in this state').choices(endpointStatuses),
        ...listOptions(),
      ],
      async run({ api, out, options }) {
        const { status } = options;
        out.list(await readList<EndpointView>(api, '/webhooks', options, { status }), [
          ['NAME', ({ name }) => name],
          ['URL', ({ url }) => url],
          ['STATUS', ({ status }) => status],
          ['TYPES', ({ eventTypes }) => (eventTypes.length > 0 ? eventTypes : 'all')],
          ['FAILURES', ({ health }) => health.failuresInARow],
          ['DELIVERED', ({ lastDeliveredAt }) => lastDeliveredAt],
          ['ID', ({ id }) => id],
        ]);
      },
    }),
    defineCommand({
      usage: 'show <endpoint>',
      summary: 'One endpoint: what it gets, how it is signed and retried, how it fares',
      examples: ['endpoints show shop'],
      async run({ api, out }, endpoint) {
        const answer = await findEndpoint(api, endpoint);
        out.item(answer, facts(answer.data));
      },
    }),
    defineCommand<EndpointOptions>({
      usage: 'create',
      summary: 'Make an endpoint',
      description:
        'Its secret is drawn unless one is given. Without a filter it gets every event but those about deliveries. Settings come from options, from a JSON file in the form of the API, or from both: options win.',
      examples: [
        `endpoints create --to https://shop.example/hooks --name shop --type 'ticket.*'`,
        'endpoints create --to https://legacy.example/in --profile opencom --secret-file whsec.txt',
        'endpoints create --file endpoint.json --name shop-2 --retry custom --waits 5000,60000',
      ],
      options: [...endpointOptions(), ...secretOptions('a secret that the receiver has already')],
      async run({ api, input, out, options }) {
        const settings = await readEndpointSettings(input, options);
        showWithSecret(out, await api.post<Created>('/webhooks', settings));
      },
    }),
    defineCommand<EndpointOptions>({
      usage: 'update <endpoint>',
      summary: 'Change what the options name, and nothing else',
      description:
        'The secret stays; a profile that needs one of another kind gets it, shown once. A new filter takes the place of the old one.',
      examples: [
        'endpoints update shop --rate 600 --max-in-flight 4',
        `endpoints update shop --type 'ticket.*' --type invoice.paid --any label`,
        'endpoints update shop --type-url ticket.closed=',
      ],
      options: endpointOptions(),
      async run({ api, input, out, options }, endpoint) {
        const change = await readEndpointSettings(input, options);
        showWithSecret(out, await api.patch<Changed>(await endpointPath(api, endpoint), change));
      },
    }),
    ...endpointStates(facts),
    defineCommand({
      usage: 'delete <endpoint>',
      summary: 'Delete an endpoint with its secrets; what was still to be sent ends as failed',
      examples: ['endpoints delete shop --yes'],
      async run({ api, out, confirm }, endpoint) {
        const { data } = await findEndpoint(api, endpoint);
        await confirm(`The endpoint ${data.name} and its secrets will be deleted.`);
        await api.delete(await endpointPath(api, data.id));
        out.item({ data: { id: data.id, done: 'deleted' } });
      },
    }),
    ...endpointTools,
  ],
};

/** Shows an endpoint with the secret that was made, which no later answer has. */
function showWithSecret(
  out: Output,
  answer: EndpointAnswer & { readonly signingSecret: string | null },
): void {
  const { data, signingSecret } = answer;
  out.item(answer, { ...facts(data), ...(signingSecret !== null && { signingSecret }) });
  if (signingSecret !== null) out.noteShownOnce('The secret');
  if (data.isLoopback) out.note('It is on the machine of the installation: development only.');
}

/** What a person wants to know of an endpoint; the rest is in the JSON. */
function facts(endpoint: EndpointView): Record<string, unknown> {
  const { eventUrls, eventTypes, resourceTypes, channels, aiWorkflowStates, filters } = endpoint;
  const given = { resourceTypes, channels, aiWorkflowStates, ...filters };
  const filtered = Object.entries(given).filter(([, entries]) => entries.length > 0);
  return {
    id: endpoint.id,
    name: endpoint.name,
    url: endpoint.url,
    ...(Object.keys(eventUrls).length > 0 && { eventUrls }),
    description: endpoint.description,
    types: eventTypes.length > 0 ? eventTypes : 'all but those about deliveries',
    ...Object.fromEntries(filtered),
    status: endpoint.status,
    ...(endpoint.disabledReason !== null && {
      disabledReason: endpoint.disabledReason,
      disabledAt: endpoint.disabledAt,
    }),
    ...(endpoint.autoDisabledAt !== null && { autoDisabledAt: endpoint.autoDisabledAt }),
    profile: endpoint.signatureProfile,
    headers: endpoint.headers,
    secret: endpoint.secretPrefix === null ? null : `${endpoint.secretPrefix}…`,
    publicKey: endpoint.publicKey,
    previousSecretUntil: endpoint.previousSecretExpiresAt,
    retry: endpoint.retryWaitsMs ?? endpoint.retryProfile,
    timeoutMs: endpoint.timeoutMs,
    maxInFlight: endpoint.maxInFlight,
    ratePerMinute: endpoint.ratePerMinute,
    failuresInARow: endpoint.health.failuresInARow,
    failingSince: endpoint.health.failingSince,
    lastDeliveredAt: endpoint.lastDeliveredAt,
    createdAt: endpoint.createdAt,
    updatedAt: endpoint.updatedAt,
  };
}
