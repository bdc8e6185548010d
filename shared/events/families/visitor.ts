import { defineFamily } from '../event-type.ts';
import { id, open } from '../parts.ts';

const visitorId = '018f2f6e-2222-7000-8000-000000000002';
const examples = [{ resource: { type: 'visitor', id: visitorId }, data: { visitorId } }] as const;
const data = open({ visitorId: id('the visitor') });

export const visitorFamily = defineFamily({
  title: 'Visitors',
  description:
    'People who write in. These events carry the id alone and nothing personal; heartbeats and changes of location record nothing.',
  types: [
    {
      name: 'visitor.created',
      title: 'Visitor known',
      description: 'A visitor has been recorded.',
      data,
      resourceTypes: ['visitor'],
      examples,
    },
    {
      name: 'visitor.updated',
      title: 'Visitor changed',
      description: 'A visitor has been identified, merged or changed.',
      data,
      resourceTypes: ['visitor'],
      examples,
    },
  ],
});
