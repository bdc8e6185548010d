import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { bootstrapVariables, variables, type BootstrapConfig, type Config } from './schema.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Variables under our prefix that only the launcher and the command line read. */
const launcherVariables = [
  'TIDEGATE_DATA_DIR',
  'TIDEGATE_URL',
  'TIDEGATE_TOKEN',
  'TIDEGATE_SECRET',
];

/**
 * Reads the configuration of a gateway or a worker once, at start. Takes the environment; returns
 * typed values. Throws one Error that lists every fault, so that an operator corrects them in one go.
 * Unknown names under TIDEGATE_ are faults too: a misspelt setting must not be ignored.
 */
export function loadConfig(environment: Environment): Config {
  return load(variables, environment);
}

/** Reads the configuration of the bootstrap job, by the same rules. */
export function loadBootstrapConfig(environment: Environment): BootstrapConfig {
  return load({ ...variables, ...bootstrapVariables }, environment);
}

function load<Variables extends Readonly<Record<string, z.ZodType>>>(
  wanted: Variables,
  environment: Environment,
): z.output<z.ZodObject<Variables>> {
  const faults: string[] = [];
  const given = withFiles(wanted, environment, faults);
  // The job's settings are known to all: one environment may serve every process.
  const known = new Set<string>(
    [variables, bootstrapVariables].flatMap(Object.keys).concat(launcherVariables),
  );
  for (const name of Object.keys(environment)) {
    if (name.startsWith('TIDEGATE_') && !known.has(name.replace(/_FILE$/, ''))) {
      faults.push(`${name}: there is no such setting`);
    }
  }
  const parsed = z.object(wanted).safeParse(given);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const name = String(issue.path[0]);
      faults.push(`${name}: ${given[name] === undefined ? 'is required' : issue.message}`);
    }
  }
  if (!parsed.success || faults.length > 0) {
    throw new Error(
      ['The configuration cannot be used:', ...faults.map((fault) => `  - ${fault}`)]
        .concat('Every setting is described in docs/configuration.md.')
        .join('\n'),
    );
  }
  return parsed.data;
}

/** Takes a secret from the file that `<NAME>_FILE` names. Empty values count as absent. */
function withFiles(
  wanted: Readonly<Record<string, z.ZodType>>,
  environment: Environment,
  faults: string[],
): Record<string, string> {
  const given: Record<string, string> = {};
  for (const [name, schema] of Object.entries(wanted)) {
    const value = environment[name];
    const file = environment[`${name}_FILE`];
    if (value) given[name] = value;
    if (!file) continue;
    if (schema.meta()?.['isSecret'] !== true)
      faults.push(`${name}_FILE: only secrets come from files`);
    else if (value) faults.push(`${name}: is given twice, as a value and as a file`);
    else given[name] = readSecret(name, file, faults);
  }
  return given;
}

function readSecret(name: string, file: string, faults: string[]): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    faults.push(`${name}_FILE: cannot be read (${(error as NodeJS.ErrnoException).code})`);
    return '';
  }
}

/** The effective values for the start-up log line; secrets only as set. */
export function describeConfig(config: Config): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, schema]) => [
      name,
      shownValue(config[name as keyof Config], schema.meta()?.['isSecret'] === true),
    ]),
  );
}

function shownValue(value: unknown, isSecret: boolean): unknown {
  if (!isSecret) return value;
  return value === undefined ? 'unset' : 'set';
}
