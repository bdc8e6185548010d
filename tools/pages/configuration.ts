import { z } from 'zod';
import { bootstrapVariables, variables } from '../../shared/config/schema.ts';

interface Entry {
  readonly name: string;
  readonly description: string;
  readonly isSecret: boolean;
  /** The default as it would be written, or undefined when the variable is required or has none. */
  readonly fallback: string | undefined;
  readonly isRequired: boolean;
}

function entriesOf(wanted: Readonly<Record<string, z.ZodType>>): Entry[] {
  return Object.entries(wanted).map(([name, schema]) => {
    const isRequired = !schema.safeParse(undefined).success;
    const meta = schema.meta();
    const fallback: unknown = z.toJSONSchema(schema, {
      io: 'input',
      unrepresentable: 'any',
    }).default;
    return {
      name,
      description: meta?.description ?? '',
      isSecret: meta?.['isSecret'] === true,
      fallback: typeof fallback === 'string' ? fallback : JSON.stringify(fallback),
      isRequired,
    };
  });
}

/** One row of the reference table for each variable. */
function tableOf(wanted: Readonly<Record<string, z.ZodType>>): string {
  const rows = entriesOf(wanted).map(({ name, description, isSecret, fallback, isRequired }) => {
    const standard = isRequired ? 'required' : fallback ? `\`${fallback}\`` : 'empty';
    return `| \`${name}\`${isSecret ? ' (secret)' : ''} | ${standard} | ${description} |`;
  });
  return ['| variable | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}

/** docs/configuration.md */
export function configurationPage(): string {
  return `# Configuration

Tidegate reads its settings from the environment, once, at start. Every fault is reported together, and
an unknown name that begins with \`TIDEGATE_\` is a fault. A secret may also be given as a file: set
\`<NAME>_FILE\` to its path. At start the effective values are logged, secrets only as \`set\`.

Gateway, worker and bootstrap job read the same settings, so that one environment serves all three.

${tableOf(variables)}

## The bootstrap job

It reads these as well. The retention settings take effect when it runs.

${tableOf(bootstrapVariables)}

## Temporal

Where Temporal is comes from the standard variables that every Temporal tool reads: \`TEMPORAL_ADDRESS\`,
\`TEMPORAL_NAMESPACE\`, \`TEMPORAL_API_KEY\`, \`TEMPORAL_TLS\` and the rest, or a profile file.

## The local stack

\`npm start\` provides the required settings itself. It reads these as well:

| variable | default | meaning |
| --- | --- | --- |
| \`TIDEGATE_DATA_DIR\` | \`.tidegate\` | Folder for the data, logs and secrets of the local stack. |
| \`DATABASE_URL\` | embedded Postgres | An administrator's connection to a Postgres of your own; roles and tables are made in it. |
| \`TEMPORAL_ADDRESS\` | a local server | A Temporal server that runs already. |
| \`TEMPORAL_CLI_PATH\` | found or fetched | The executable of the Temporal CLI. |
`;
}

/** .env.example */
export function environmentExample(): string {
  const blocks = entriesOf({ ...variables, ...bootstrapVariables }).map(
    ({ name, description, fallback, isRequired }) =>
      [`# ${description}`, isRequired ? `${name}=` : `# ${name}=${fallback ?? ''}`].join('\n'),
  );
  return `# Generated from shared/config/schema.ts by "npm run generate".\n\n${blocks.join('\n\n')}\n`;
}
