import type { TargetField } from '../../shared/domain/action.ts';
import { countCharacters } from '../../shared/domain/characters.ts';
import { isUuid } from '../../shared/domain/ids.ts';
import { isJsonObject } from '../../shared/domain/json-object.ts';

/**
 * The fields of an action, built so that TypeScript knows each one's name and type. All are optional
 * until `required` says otherwise.
 */
export const text = <const Name extends string>(name: Name, description: string, lengthMax = 255) =>
  ({ name, type: 'string', required: false, description, lengthMax }) as const;

/** A text of the length that a body can have. */
export const longText = <const Name extends string>(name: Name, description: string) =>
  ({ name, type: 'string', required: false, description }) as const;

export const ref = <const Name extends string>(
  name: Name,
  refEntityType: string,
  description: string,
) => ({ name, type: 'ref', required: false, description, refEntityType }) as const;

export const flag = <const Name extends string>(name: Name, description: string) =>
  ({ name, type: 'boolean', required: false, description }) as const;

export const choice = <const Name extends string, const Values extends readonly string[]>(
  name: Name,
  enumValues: Values,
  description: string,
) => ({ name, type: 'enum', required: false, description, enumValues }) as const;

export const int = <const Name extends string>(name: Name, description: string) =>
  ({ name, type: 'int', required: false, description }) as const;

export const number = <const Name extends string>(name: Name, description: string) =>
  ({ name, type: 'number', required: false, description }) as const;

/** An ISO 8601 date or time; the handler reads it with `readTime`, which also bounds its length. */
export const time = <const Name extends string>(name: Name, description: string) =>
  longText(name, `${description}; ISO 8601`);

export const json = <const Name extends string>(name: Name, description: string) =>
  ({ name, type: 'json', required: false, description }) as const;

type RequiredField<Field extends TargetField> = Omit<Field, 'required'> & {
  readonly required: true;
};

export const required = <const Field extends TargetField>(field: Field): RequiredField<Field> => ({
  ...field,
  required: true,
});

/** What the database stores of an external id, in characters. */
export const externalIdLengthMax = 500;

/** A sender's id, which stands for an entity within the hook. */
export const externalIdOf = <const Name extends string>(name: Name, description: string) =>
  text(name, description, externalIdLengthMax);

/** The external id of the entity that the action itself is about. */
export const externalId = (description: string) => externalIdOf('external_id', description);

interface Fault {
  readonly field: string;
  readonly reason: string;
}

/**
 * The first value that its field does not allow, or undefined. The mapping has already made each
 * value the type of its field, and something that Postgres can store; this is what the types do not
 * say: that a reference is an id, a text not too long, and JSON an object.
 */
export function checkFields(
  fields: readonly TargetField[],
  values: Readonly<Record<string, unknown>>,
): Fault | undefined {
  for (const field of fields) {
    const reason = field.name in values ? faultOf(field, values[field.name]) : undefined;
    if (reason !== undefined) return { field: field.name, reason };
  }
  return undefined;
}

function faultOf(field: TargetField, value: unknown): string | undefined {
  switch (field.type) {
    case 'ref':
      return isUuid(String(value)) ? undefined : 'This is not an id.';
    case 'string':
      return faultOfText(field, String(value));
    case 'json':
      return isJsonObject(value) ? undefined : 'This must be an object.';
    case 'enum':
    case 'boolean':
    case 'int':
    case 'number':
      return undefined;
    default:
      return field.type satisfies never;
  }
}

function faultOfText(field: TargetField, value: string): string | undefined {
  const { lengthMax } = field;
  // The cheap length is never less.
  if (lengthMax === undefined || value.length <= lengthMax || countCharacters(value) <= lengthMax) {
    return undefined;
  }
  return `This has more than ${lengthMax} characters.`;
}
