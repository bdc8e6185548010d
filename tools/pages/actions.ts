import { listActions, makeActionRegistry } from '../../activities/actions/registry.ts';
import type { ActionDescription, TargetField } from '../../shared/domain/action.ts';

/** docs/actions.md */
export function actionsPage(): string {
  const actions = listActions(makeActionRegistry());
  return `# Actions

What a hook can do with a delivery without code: it names one action, and maps each of its fields with a
JSONata expression on the body.

\`\`\`json
{
  "action": "addTicketCommentByExternalId",
  "mapping": {
    "external_id": "alert.id",
    "content": "'Recovered at ' & alert.recoveredAt",
    "is_resolution": "true"
  }
}
\`\`\`

| entity type | action | what it does |
| --- | --- | --- |
${actions.map(summary).join('\n')}

## What holds for all of them

- **Once.** The effect, its events and the outcome of the delivery are one transaction. However often the
  sender, the gateway or the engine repeats a delivery, it has one effect; a refused one has none.
- **Absent fields.** An expression that yields nothing, \`null\` or an empty text leaves its field out. On an
  update, what is left out stays as it is; nothing can be emptied by a mapping.
- **Types.** A value that cannot be made the type of its field, and a required field that is left out, fail
  the delivery with \`mapping_failed\`, naming the field, before anything is read or written.
- **References.** A field of type \`ref\` holds the id of an entity of the same tenant. An id that is none,
  that does not exist or that belongs to another tenant fails alike, with \`VALIDATION_ERROR\`, naming the
  field.
- **External ids.** An external id is the sender's own id of an entity. It is known for each hook and type
  of entity: the same text can stand for a ticket and for a client, and for something else at another hook.
  Within one hook it stands for one entity of a type, and an entity has one external id. What an action
  creates is tied to its external id in the same transaction; what it looks up and does not find fails with
  \`LOOKUP_MISS\`, naming type, id and hook.
- **Times** are ISO 8601, \`2030-01-31\` or \`2030-01-31T09:00:00+02:00\`. What names no offset is in UTC, and
  a date alone is its midnight. Anything else fails with \`VALIDATION_ERROR\`.
- **Texts** are bounded where the tables say so, in characters, and \`json\` fields take an object: anything
  else fails with \`VALIDATION_ERROR\`. What Postgres cannot store, U+0000 or half of a surrogate pair, fails
  with \`mapping_failed\`.

Every code is explained in [errors.md](errors.md).

${actions.map(section).join('\n\n')}
`;
}

const summary = (action: ActionDescription): string =>
  `| ${action.entityType} | [${action.name}](#${action.name.toLowerCase()}) | ${action.description} |`;

function section(action: Required<ActionDescription>): string {
  const metadata = Object.entries(action.metadata).map(
    ([key, meaning]) => `- \`${key}\`: ${meaning}`,
  );
  const events = action.events.map((event) => `\`${event}\``).join(', ');
  return `## ${action.name}

${action.description}

| field | type | required | meaning |
| --- | --- | --- | --- |
${action.targetFields.map(row).join('\n')}

${action.behavior.map((sentence) => `- ${sentence}`).join('\n')}

${metadata.length === 0 ? '' : `Metadata of the outcome:\n\n${metadata.join('\n')}`}

${events === '' ? 'Records no event.' : `Records: ${events}.`}`;
}

function row(field: TargetField): string {
  const meaning = [
    field.description,
    ...(field.enumValues ? [`one of ${field.enumValues.map((v) => `\`${v}\``).join(', ')}`] : []),
    ...(field.lengthMax === undefined ? [] : [`at most ${field.lengthMax} characters`]),
  ].join('; ');
  const type = field.refEntityType === undefined ? field.type : `ref ${field.refEntityType}`;
  return `| \`${field.name}\` | ${type} | ${field.required ? 'yes' : ''} | ${meaning} |`;
}
