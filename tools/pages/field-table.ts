import { z } from 'zod';

/** What a field table reads of a JSON Schema. */
const nodeSchema = z.looseObject({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  title: z.string().optional(),
  description: z.string().optional(),
  const: z.union([z.string(), z.boolean()]).optional(),
  enum: z.array(z.union([z.string(), z.number()])).optional(),
  required: z.array(z.string()).optional(),
  format: z.string().optional(),
  get properties() {
    return z.record(z.string(), nodeSchema).optional();
  },
  get items() {
    return nodeSchema.optional();
  },
  get anyOf() {
    return z.array(nodeSchema).optional();
  },
});
type Node = z.infer<typeof nodeSchema>;

/** The members of a JSON Schema as tables: one, or one for each of its variants with its title. */
export function fieldTables(schema: unknown): string {
  const root = nodeSchema.parse(schema);
  if (root.properties !== undefined) return table(root);
  return (root.anyOf ?? [])
    .map((variant) => `${capitalized(variant.title ?? 'Or')}:\n\n${table(variant)}`)
    .join('\n\n');
}

function table(node: Node): string {
  return `| member | type | always | meaning |
| --- | --- | --- | --- |
${rows(node, '').join('\n')}`;
}

function rows(node: Node, prefix: string): string[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, member]) => {
    const path = `${prefix}${name}`;
    const { inner, isNullable } = withoutNull(member);
    const isAlways = node.required?.includes(name) === true;
    const meaning = inner.description ?? member.description ?? '';
    return [
      `| \`${path}\` | ${typeOf(inner)}${isNullable ? ' or null' : ''} | ${isAlways ? 'yes' : ''} | ${meaning} |`,
      ...rows(inner, `${path}.`),
    ];
  });
}

function withoutNull(node: Node): { inner: Node; isNullable: boolean } {
  if (Array.isArray(node.type)) {
    const type = node.type.find((name) => name !== 'null');
    return { inner: { ...node, type }, isNullable: node.type.includes('null') };
  }
  const some = node.anyOf?.filter(({ type }) => type !== 'null') ?? [];
  const [inner] = some;
  if (inner === undefined || some.length === node.anyOf?.length) {
    return { inner: node, isNullable: false };
  }
  return { inner, isNullable: true };
}

function typeOf(node: Node): string {
  if (node.const !== undefined) return `\`${String(node.const)}\``;
  if (node.enum) return node.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (node.items) return `list of ${typeOf(node.items)}`;
  if (node.format === 'date-time') return 'time';
  return String(node.type ?? 'any');
}

const capitalized = (sentence: string): string =>
  `${sentence.slice(0, 1).toUpperCase()}${sentence.slice(1)}`;
