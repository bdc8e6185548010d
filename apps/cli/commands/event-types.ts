import { Option } from 'commander';
import type { EventTypeView } from '../../../shared/schemas/event-api.ts';
import { path } from '../api.ts';
import { defineCommand, type CliCommand } from '../command.ts';
import { CliFailure } from '../failure.ts';
import { needed, withoutUndefined } from '../options/values.ts';

type TypeAnswer = { readonly data: EventTypeView };

/** Commands about the types that events are of. */
export const eventTypeCommands: readonly CliCommand[] = [
  defineCommand<{ own?: boolean }>({
    usage: 'types [type]',
    summary: 'The types of events, or the schema and examples of one',
    examples: ['events types', 'events types ticket.created', 'events types --own'],
    options: [new Option('--own', "only the tenant's own")],
    async run({ api, out, options }, name?: string) {
      const { data } = await api.get<{ readonly data: EventTypeView[] }>('/events/types');
      if (name === undefined) {
        out.list({ data: data.filter(({ isBuiltIn }) => options.own !== true || !isBuiltIn) }, [
          ['NAME', (type) => type.name],
          ['ABOUT', ({ resourceTypes }) => resourceTypes],
          ['OWN', ({ isBuiltIn }) => !isBuiltIn],
          ['DESCRIPTION', ({ title, description }) => title || description],
        ]);
        return;
      }
      const type = data.find((each) => each.name === name);
      if (type === undefined) throw typeMissing(name);
      out.document({ data: type }, typeText(type));
    },
  }),
  defineCommand<{ schema: string; description?: string }>({
    usage: 'add-type <type>',
    summary: "Register a type of the tenant's own with the schema of its data",
    examples: ['events add-type order.shipped --schema order-shipped.schema.json'],
    options: [
      needed('--schema <file>', 'JSON Schema of the data; - is standard input'),
      new Option('--description <text>', 'what happened when such an event is published'),
    ],
    async run({ api, input, out, options }, name) {
      const { description } = options;
      const schema = await input.object(options.schema);
      const body = withoutUndefined({ name, description, schema });
      const answer = await api.post<TypeAnswer>('/events/types', body);
      out.document(answer, typeText(answer.data));
    },
  }),
  defineCommand({
    usage: 'remove-type <type>',
    summary: "Remove one of the tenant's types: no more events of it are taken",
    examples: ['events remove-type order.shipped --yes'],
    async run({ api, out, confirm }, name) {
      await confirm(`Events of the type ${name} will be refused.`);
      await api.delete(path`/events/types/${name}`);
      out.item({ data: { name, done: 'removed' } });
    },
  }),
];

function typeMissing(name: string): CliFailure {
  return new CliFailure({
    exit: 'notFound',
    code: 'not_found',
    message: `There is no type ${name}.`,
    next: '"tidegate events types" lists what there is.',
  });
}

/** A type, as text of several lines. */
function typeText({ name, description, resourceTypes, schema, examples }: EventTypeView): string {
  return [
    `${name}: ${description}`,
    ...(resourceTypes.length > 0 ? [`About: ${resourceTypes.join(', ')}`] : []),
    'Schema of its data:',
    JSON.stringify(schema, undefined, 2),
    ...examples.flatMap(({ resource, data }) => [
      `Example, about ${resource.type} ${resource.id}:`,
      JSON.stringify(data, undefined, 2),
    ]),
  ].join('\n');
}
