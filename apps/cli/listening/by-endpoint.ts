import type { z } from 'zod';
import type { createdEndpointSchema, EndpointView } from '../../../shared/schemas/endpoint-api.ts';
import { path, type Api } from '../api.ts';
import { findNamed } from '../endpoint-lookup.ts';
import { CliFailure, usageFailure } from '../failure.ts';
import { forward, type Forwarded, type Webhook } from './forward.ts';
import { startLocalReceiver } from './local-receiver.ts';

type Created = z.output<typeof createdEndpointSchema>;

export interface ListenOptions {
  /** The address of the local program. */
  readonly target: string;
  /** Of the temporary endpoint. */
  readonly name: string;
  /** Names and patterns; none: all but those about deliveries. */
  readonly types: readonly string[];
  /** To sign with; drawn when undefined. */
  readonly secret: string | undefined;
  /** Hears of each webhook with its outcome. */
  readonly onForwarded: (webhook: Webhook, outcome: Forwarded) => void;
  readonly onRefused: (webhook: Webhook, reason: string) => void;
}

/** Webhooks come in, until it is closed. */
export interface Listening {
  readonly secret: string;
  /** The temporary endpoint; undefined where there is none. */
  readonly endpoint: EndpointView | undefined;
  close(): Promise<void>;
}

/** Somebody waits in front of a screen: failed attempts are repeated soon, and not for long. */
const settings = {
  description: 'Made by tidegate listen',
  retryProfile: 'custom',
  retryWaitsMs: [1_000, 5_000, 30_000],
  timeoutMs: 30_000,
  ratePerMinute: 6_000,
};
/** A worker that is up delivers in less. */
const probeMsMax = 10_000;
const pingType = 'test.ping';

/**
 * Receives by a temporary endpoint that leads to this process. Undefined when the installation does not
 * allow that, or its loopback interface is not this one: a test event that does not arrive shows it.
 */
export async function listenByEndpoint(
  api: Api,
  options: ListenOptions,
): Promise<Listening | undefined> {
  const { target, onForwarded, onRefused } = options;
  const secret = Promise.withResolvers<string>();
  const arrived = Promise.withResolvers<boolean>();
  let isProven = false;
  const receiver = await startLocalReceiver({
    secret: secret.promise,
    onRefused,
    async take(webhook) {
      // The probe is ours: the program is not asked.
      if (!isProven && webhook.headers['x-tidegate-event-type'] === pingType) {
        arrived.resolve(true);
        return { status: 204, body: '', ms: 0 };
      }
      const outcome = await forward(target, webhook);
      onForwarded(webhook, outcome);
      return outcome;
    },
  });
  let made: Created | undefined;
  const close = async (): Promise<void> => {
    try {
      if (made !== undefined) await removeEndpoint(api, made.data.id);
    } finally {
      await receiver.close();
    }
  };
  try {
    made = await makeEndpoint(api, receiver.url, options);
    if (made === undefined) {
      await close();
      return undefined;
    }
    secret.resolve(made.signingSecret);
    await api.post(path`/webhooks/${made.data.id}/test`);
    const timer = setTimeout(() => arrived.resolve(false), probeMsMax);
    isProven = await arrived.promise.finally(() => clearTimeout(timer));
    if (isProven) return { secret: made.signingSecret, endpoint: made.data, close };
    await close();
    return undefined;
  } catch (error) {
    await close();
    throw error;
  }
}

/** The temporary endpoint; undefined where endpoints may not be on the machine of the installation. */
async function makeEndpoint(
  api: Api,
  url: string,
  { name, types: eventTypes, secret }: ListenOptions,
): Promise<Created | undefined> {
  const body = {
    ...settings,
    name,
    url,
    eventTypes,
    ...(secret !== undefined && { signingSecret: secret }),
  };
  try {
    return await api.post<Created>('/webhooks', body);
  } catch (error) {
    if (!(error instanceof CliFailure)) throw error;
    if (error.details.some(({ pointer }) => pointer === '/url')) return undefined;
    if (error.code !== 'name_taken') throw error;
    await removeStale(api, name);
    return api.post<Created>('/webhooks', body);
  }
}

/** Removes what an earlier listener left that was killed. Throws a usage failure while it still runs. */
async function removeStale(api: Api, name: string): Promise<void> {
  const endpoint = await findNamed(api, name);
  if (endpoint === undefined) return;
  const isOurs = endpoint.description === settings.description;
  if (!isOurs || (await isListening(endpoint.url))) {
    throw usageFailure(
      isOurs
        ? `Another process listens under the name ${name}.`
        : `There is an endpoint ${name} already.`,
      'Give this one another name with --name.',
    );
  }
  await removeEndpoint(api, endpoint.id);
}

async function isListening(url: string): Promise<boolean> {
  return fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(2_000) }).then(
    () => true,
    () => false,
  );
}

async function removeEndpoint(api: Api, id: string): Promise<void> {
  await api.delete(path`/webhooks/${id}`).catch((error: unknown) => {
    // Somebody else has removed it.
    if (!(error instanceof CliFailure) || error.exit !== 'notFound') throw error;
  });
}
