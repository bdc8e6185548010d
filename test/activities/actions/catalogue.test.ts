import { describe, expect, test } from 'vitest';
import { refuseValue, type Action } from '../../../activities/actions/contract.ts';
import { defineAction } from '../../../activities/actions/define-action.ts';
import { createTicket } from '../../../activities/actions/create-ticket.ts';
import { required, text } from '../../../activities/actions/fields.ts';
import { listActions, makeActionRegistry } from '../../../activities/actions/registry.ts';
import type { TargetField } from '../../../shared/domain/action.ts';

/** Entity type and name of each action, then its fields; `!` marks what is required. */
const catalogue = [
  'asset upsertAssetByExternalId: external_id! client_id client_external_id asset_type name asset_tag serial_number status location external_scope_id rmm_snapshot',
  'client setClientActiveByExternalId: external_id! active!',
  'client upsertClientByExternalId: external_id! client_name! client_type url phone_no email address address_2 city state zip country default_currency_code notes is_inactive properties',
  'contact upsertContactByExternalId: external_id! full_name! email! client_id client_external_id role notes phone is_inactive',
  'invoice markInvoicePaidByExternalId: external_id! paid_at payment_reference',
  'invoice updateInvoiceStatusByExternalId: external_id! status!',
  'project_task createProjectTask: task_name! project_id project_external_id phase_id project_status_mapping_id assigned_to priority_id service_id description due_date task_type_key external_id estimated_hours',
  'project_task updateProjectTaskStatusByExternalId: external_id! project_status_mapping_id!',
  'tag addTagToEntityByExternalId: entity_type! external_id! tag_text! background_color text_color created_by',
  'ticket addTicketCommentByExternalId: external_id! content! is_internal is_resolution author_id contact_id',
  'ticket changeTicketStatusByExternalId: external_id! status_id! board_id',
  'ticket createTicket: title! client_id! board_id! priority_id! description due_date external_id status_id assigned_to assigned_team_id category_id subcategory_id contact_id location_id asset_id attributes',
  'ticket updateTicketByExternalId: external_id! title client_id board_id status_id priority_id assigned_to assigned_team_id category_id subcategory_id contact_id location_id due_date attributes',
  'time_entry createTimeEntry: user_id! work_item_type! service_id! start_time! duration_minutes! work_item_id notes tax_region external_id is_billable',
];

describe('the catalogue', () => {
  const actions = listActions(makeActionRegistry());

  test('S-022 lists exactly the 14 actions by entity type and name, with their fields', () => {
    const lines = actions.map(({ entityType, name, targetFields }) => {
      const fields = targetFields.map((field) => field.name + (field.required ? '!' : ''));
      return `${entityType} ${name}: ${fields.join(' ')}`;
    });
    expect(lines).toEqual(catalogue);
    expect(lines).toHaveLength(14);
    expect(new Set(actions.map((action) => action.entityType)).size).toBe(8);
  });

  test('S-022 gives each field its type, and enums and references what they allow', () => {
    const fields = actions.flatMap(({ name, targetFields }) =>
      targetFields.map((field) => [`${name}.${field.name}`, field] as const),
    );
    const find = (name: string) => fields.find(([known]) => known === name)?.[1];
    expect(find('createTicket.assigned_to')).toMatchObject({ type: 'ref', refEntityType: 'user' });
    expect(find('createTimeEntry.duration_minutes')).toMatchObject({ type: 'int' });
    expect(find('createProjectTask.estimated_hours')).toMatchObject({ type: 'number' });
    expect(find('upsertAssetByExternalId.rmm_snapshot')).toMatchObject({ type: 'json' });
    expect(find('createTimeEntry.is_billable')).toMatchObject({ type: 'boolean' });
    expect(find('upsertClientByExternalId.client_type')).toMatchObject({
      type: 'enum',
      enumValues: ['company', 'individual'],
    });
    const undescribed = fields.filter(
      ([, field]) =>
        field.description === '' ||
        (field.type === 'ref') !== (field.refEntityType !== undefined) ||
        (field.type === 'enum') !== (field.enumValues !== undefined),
    );
    expect(undescribed).toEqual([]);
  });

  test('S-022 shows no handler', () => {
    expect(actions.every((action) => !('handle' in action))).toBe(true);
  });
});

describe('registration', () => {
  test('S-021 refuses a name that is taken', () => {
    expect(() => makeActionRegistry([createTicket])).toThrow(/two actions are named createTicket/);
  });

  test('S-021 takes an action of an extension and lists it with the others', () => {
    const names = listActions(makeActionRegistry([echo])).map(({ name }) => name);
    expect(names).toContain('echo');
    expect(names).toHaveLength(15);
  });

  const field = (more: object): TargetField => ({ ...text('a', 'A'), ...more });

  test.for([
    ['an unknown field type', { targetFields: [field({ type: 'date' })] }, /type: Invalid option/],
    ['an enum without values', { targetFields: [field({ type: 'enum' })] }, /needs enumValues/],
    ['an empty enum', { targetFields: [field({ type: 'enum', enumValues: [] })] }, /Too small/],
    [
      'values on what is no enum',
      { targetFields: [field({ enumValues: ['x'] })] },
      /no other field/,
    ],
    ['two fields of one name', { targetFields: [field({}), field({})] }, /the same name/],
    ['a name with a space', { name: 'do it' }, /lower-case name/],
    ['an entity type with a space', { entityType: 'my thing' }, /lower-case name/],
  ] as const)('S-021 refuses %s', ([, fault, message]) => {
    expect(() => makeActionRegistry([{ ...echo, ...fault }])).toThrow(message);
  });
});

const echo: Action = defineAction({
  name: 'echo',
  entityType: 'echo',
  displayName: 'Echo',
  description: 'Says what it was told.',
  targetFields: [required(text('said', 'What to say')), text('tone', 'How', 3)],
  metadata: { tone: 'How it was said.' },
  handle: (_, { said, tone }) =>
    Promise.resolve(
      said === 'no'
        ? refuseValue('said', 'No.')
        : // Both values have the types of their fields: this would not compile otherwise.
          { entityId: said.trim(), metadata: { tone: tone?.trim() } },
    ),
});
