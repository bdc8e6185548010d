import { z } from 'zod';
import { invoiceStatuses, workItemTypes } from '../../domain/desk.ts';
import { defineFamily } from '../event-type.ts';
import { count, flag, id, oneOf, open } from '../parts.ts';

const clientId = '018f2f6e-5555-7000-8000-000000000005';
const client = { type: 'client', id: clientId } as const;
const asset = { type: 'asset', id: '018f2f6e-cf00-7b50-8e99-70d2a3516ebb' } as const;
const contact = { type: 'contact', id: '018f2f6e-d000-7c60-9faa-81e3b4627fcc' } as const;
const task = { type: 'project_task', id: '018f2f6e-e100-7d70-80bb-92f4c57380dd' } as const;
const projectId = '018f2f6e-9999-7000-8000-000000000009';
const statusMappingId = '018f2f6e-aaaa-7000-8000-00000000000a';

const ofClient = open({ clientId: id('the client it belongs to; null when none').nullable() });
const ofTheClient = open({ clientId: id('the client') });
const clientActivity = open({ isInactive: flag('Whether the client is inactive') });

export const assetFamily = defineFamily({
  title: 'Assets',
  description: 'Devices and other things that clients own.',
  types: [
    {
      name: 'asset.created',
      title: 'Asset created',
      description: 'An asset has been recorded.',
      data: ofClient,
      resourceTypes: ['asset'],
      attributes: ['owner'],
      examples: [{ resource: asset, data: { clientId } }],
    },
    {
      name: 'asset.updated',
      title: 'Asset changed',
      description: 'An asset has been changed, or its device has reported again.',
      data: ofClient,
      resourceTypes: ['asset'],
      attributes: ['owner'],
      examples: [{ resource: asset, data: { clientId: null } }],
    },
  ],
});

export const clientFamily = defineFamily({
  title: 'Clients',
  description: 'The customers that the service desk works for.',
  types: [
    {
      name: 'client.created',
      title: 'Client created',
      description: 'A client has been recorded.',
      data: clientActivity,
      resourceTypes: ['client'],
      attributes: ['owner'],
      examples: [{ resource: client, data: { isInactive: false } }],
    },
    {
      name: 'client.status_changed',
      title: 'Client made active or inactive',
      description: 'A client has become active or inactive. No change, no event.',
      data: clientActivity,
      resourceTypes: ['client'],
      attributes: ['owner'],
      examples: [{ resource: client, data: { isInactive: true } }],
    },
  ],
});

export const contactFamily = defineFamily({
  title: 'Contacts',
  description: 'People at clients. Names and addresses are read over the API.',
  types: [
    {
      name: 'contact.created',
      title: 'Contact created',
      description: 'A contact has been recorded.',
      data: ofTheClient,
      resourceTypes: ['contact'],
      attributes: ['owner'],
      examples: [{ resource: contact, data: { clientId } }],
    },
    {
      name: 'contact.updated',
      title: 'Contact changed',
      description: 'A contact has been changed.',
      data: ofTheClient,
      resourceTypes: ['contact'],
      attributes: ['owner'],
      examples: [{ resource: contact, data: { clientId } }],
    },
  ],
});

const invoiceStatus = (which: string) => oneOf(invoiceStatuses, which);

export const invoiceFamily = defineFamily({
  title: 'Invoices',
  description: 'Invoices to clients.',
  types: [
    {
      name: 'invoice.status_changed',
      title: 'Invoice status changed',
      description: 'An invoice has a new status. No change, no event.',
      data: open({
        clientId: id('the client'),
        previousStatus: invoiceStatus('Status before'),
        status: invoiceStatus('Status now'),
      }),
      resourceTypes: ['invoice'],
      attributes: ['owner'],
      examples: [
        {
          resource: { type: 'invoice', id: '018f2f6e-f200-7e80-91cc-a305d68491ee' },
          data: { clientId, previousStatus: 'sent', status: 'paid' },
        },
      ],
    },
  ],
});

export const projectTaskFamily = defineFamily({
  title: 'Project tasks',
  description: 'Tasks of projects.',
  types: [
    {
      name: 'project_task.created',
      title: 'Project task created',
      description: 'A task has been added to a project.',
      data: open({
        projectId: id('the project'),
        phaseId: id('the phase of the project'),
        statusMappingId: id('its status in the project'),
      }),
      resourceTypes: ['project_task'],
      examples: [
        {
          resource: task,
          data: {
            projectId,
            phaseId: '018f2f6e-bbbb-7000-8000-00000000000b',
            statusMappingId,
          },
        },
      ],
    },
    {
      name: 'project_task.updated',
      title: 'Project task changed',
      description: 'A task has another status. No change, no event.',
      data: open({
        projectId: id('the project'),
        statusMappingId: id('its status in the project'),
      }),
      resourceTypes: ['project_task'],
      examples: [{ resource: task, data: { projectId, statusMappingId } }],
    },
  ],
});

export const tagFamily = defineFamily({
  title: 'Tags',
  description: 'Tags on clients, contacts, tickets, projects and project tasks.',
  types: [
    {
      name: 'tag.added',
      title: 'Tag added',
      description: 'Something has been tagged; the event is about what was tagged.',
      data: open({ tagId: id('the tag') }),
      resourceTypes: ['client', 'contact', 'ticket', 'project', 'project_task'],
      attributes: ['owner'],
      examples: [{ resource: client, data: { tagId: '018f2f6e-cccc-7000-8000-00000000000c' } }],
    },
  ],
});

export const timeEntryFamily = defineFamily({
  title: 'Time entries',
  description: 'Time that users have worked.',
  types: [
    {
      name: 'time_entry.created',
      title: 'Time entry created',
      description: 'A user has recorded time.',
      data: open({
        userId: id('the user'),
        workItemType: oneOf(workItemTypes, 'What the work was on'),
        workItemId: z.string().nullable().describe('Id of what the work was on; null for ad_hoc'),
        durationMinutes: count('Minutes worked'),
        billableMinutes: count('Minutes that are billed'),
      }),
      resourceTypes: ['time_entry'],
      examples: [
        {
          resource: { type: 'time_entry', id: '018f2f6f-0300-7f90-82dd-b416e795a2ff' },
          data: {
            userId: '018f2f6e-1111-7000-8000-000000000001',
            workItemType: 'ticket',
            workItemId: '018f2f6e-9c00-7e20-9b66-4daf702e3b88',
            durationMinutes: 30,
            billableMinutes: 30,
          },
        },
      ],
    },
  ],
});
