import { Option } from 'commander';
import type { EndpointView } from '../../../shared/schemas/endpoint-api.ts';
import { defineCommand, type CliCommand } from '../command.ts';
import { endpointPath, type EndpointAnswer } from '../endpoint-lookup.ts';
import { withoutUndefined } from '../options/values.ts';

/** Commands that say whether an endpoint takes deliveries. */
export function endpointStates(
  facts: (endpoint: EndpointView) => Readonly<Record<string, unknown>>,
): readonly CliCommand[] {
  const transition = (spec: {
    readonly verb: 'pause' | 'resume' | 'enable';
    readonly summary: string;
    readonly description?: string;
  }): CliCommand =>
    defineCommand({
      usage: `${spec.verb} <endpoint>`,
      summary: spec.summary,
      ...(spec.description !== undefined && { description: spec.description }),
      examples: [`endpoints ${spec.verb} shop`],
      async run({ api, out }, endpoint) {
        const address = `${await endpointPath(api, endpoint)}/${spec.verb}`;
        const answer = await api.post<EndpointAnswer>(address);
        out.item(answer, facts(answer.data));
      },
    });
  return [
    transition({ verb: 'pause', summary: 'Hold what goes to an endpoint, until it is resumed' }),
    transition({
      verb: 'resume',
      summary: 'Let what a paused endpoint holds go on',
      description: 'At the rate of the endpoint.',
    }),
    defineCommand<{ reason?: string }>({
      usage: 'disable <endpoint>',
      summary: 'Disable an endpoint; what goes to it is held until it is enabled',
      examples: [`endpoints disable shop --reason 'moving house' --yes`],
      options: [new Option('--reason <text>', 'why, for whoever looks at it')],
      async run({ api, out, options, confirm }, endpoint) {
        await confirm(`Nothing more will be sent to ${endpoint}.`);
        const address = `${await endpointPath(api, endpoint)}/disable`;
        const body = withoutUndefined({ reason: options.reason });
        const answer = await api.post<EndpointAnswer>(address, body);
        out.item(answer, facts(answer.data));
      },
    }),
    transition({
      verb: 'enable',
      summary: 'Let a disabled endpoint take deliveries again, first those that it holds',
      description: 'One that was disabled automatically can be enabled after five minutes.',
    }),
  ];
}
