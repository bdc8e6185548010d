import { isJsonObject } from '../domain/json-object.ts';
import { refTarget } from './keyword-check.ts';
import { schemaKeywords } from './schema-keywords.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** The subschemas that a checked keyword holds, each with its key or index. */
export function subschemasOf(
  keyword: string,
  value: unknown,
): [key: string | number | undefined, subschema: unknown][] {
  const form = schemaKeywords.get(keyword);
  if (form === 'schema') return [[undefined, value]];
  if (form === 'schemas' && Array.isArray(value)) return [...value.entries()];
  if (form === 'schemaMap' && isJsonObject(value)) return Object.entries(value);
  return [];
}

/** Past this all weights are alike: they can grow beyond all numbers, level by level. */
const weightMax = 1_000_000;
const enumPieceCharacters = 100;

/**
 * How much work a checked schema makes of one value, with every reference resolved: its subschemas, as
 * a value meets each at most once, and what each can find wrong. A fault costs memory in proportion to
 * what it quotes, so required names and every 100 characters of an enumeration count as well.
 * Infinite when a definition leads back to itself.
 */
export function weightOf(root: JsonSchema): number {
  const definitions = isJsonObject(root['$defs']) ? root['$defs'] : {};
  const known = new Map<string, number>();
  const open = new Set<string>();
  let isRecursive = false;

  function ofDefinition(name: string): number {
    if (open.has(name)) isRecursive = true;
    if (isRecursive) return 0;
    const weight = known.get(name);
    if (weight !== undefined) return weight;
    open.add(name);
    const found = of(definitions[name]);
    open.delete(name);
    known.set(name, found);
    return found;
  }

  function of(schema: unknown): number {
    if (!isJsonObject(schema)) return 1;
    let weight = 1;
    for (const [keyword, value] of Object.entries(schema)) {
      weight += ownWeight(keyword, value);
      if (keyword === '$ref') weight += ofDefinition(refTarget(String(value)));
      if (keyword === '$defs') continue;
      for (const [, subschema] of subschemasOf(keyword, value)) weight += of(subschema);
    }
    return Math.min(weight, weightMax);
  }

  const weight = of(root);
  for (const name of Object.keys(definitions)) ofDefinition(name);
  return isRecursive ? Infinity : weight;
}

function ownWeight(keyword: string, value: unknown): number {
  switch (keyword) {
    case 'enum':
    case 'const':
      return Math.ceil(JSON.stringify(value).length / enumPieceCharacters);
    case 'required':
      return (value as readonly string[]).length;
    case 'dependentRequired':
      return Object.values(value as Record<string, readonly string[]>).flat().length;
    default:
      return 0;
  }
}
