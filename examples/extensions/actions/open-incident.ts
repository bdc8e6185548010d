import { createTicket, defineAction, refuseValue } from 'tidegate/action';

/** How soon somebody must look, in minutes, by severity. */
const lookWithinMinutes = { critical: 15, major: 60, minor: 24 * 60 } as const;

/**
 * Turns an alert into a ticket that says how bad it is and by when it must be looked at. The ticket
 * is made by the built-in action, in the same transaction.
 */
export const openIncident = defineAction({
  name: 'openIncident',
  entityType: 'ticket',
  displayName: 'Open incident',
  description: 'Creates a ticket for an alert, due by its severity.',
  targetFields: [
    { name: 'service', type: 'string', required: true, description: 'What is affected' },
    {
      name: 'severity',
      type: 'enum',
      enumValues: ['critical', 'major', 'minor'],
      required: true,
      description: 'How bad it is',
    },
    { name: 'started_at', type: 'string', required: true, description: 'ISO 8601 time' },
    { name: 'client_id', type: 'ref', required: true, description: 'Client of the service' },
    { name: 'board_id', type: 'ref', required: true, description: 'Board of the ticket' },
    { name: 'priority_id', type: 'ref', required: true, description: 'Priority of the ticket' },
  ],
  async handle(context, { service, severity, started_at: startedAt, ...references }) {
    const startedAtMs = Date.parse(startedAt);
    if (Number.isNaN(startedAtMs)) {
      return refuseValue('started_at', 'This is not an ISO 8601 time.');
    }
    const dueMs = startedAtMs + lookWithinMinutes[severity] * 60_000;
    return createTicket.handle(context, {
      ...references,
      title: `[${severity}] ${service}`,
      due_date: new Date(dueMs).toISOString(),
    });
  },
});
