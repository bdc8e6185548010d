import { loadClientConnectConfig } from '@temporalio/envconfig';

type ConnectConfig = ReturnType<typeof loadClientConnectConfig>;

/** Where Temporal is and how to reach it. */
export interface TemporalConfig {
  readonly connectionOptions: ConnectConfig['connectionOptions'];
  readonly namespace: string;
}

/** Reads the standard TEMPORAL_ variables and profiles, as every Temporal tool does. */
export function loadTemporalConfig(
  environment: Readonly<Record<string, string | undefined>>,
): TemporalConfig {
  const set = Object.entries(environment).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig({
    overrideEnvVars: Object.fromEntries(set),
  });
  return { connectionOptions, namespace };
}
