/** A message of an event stream. */
export interface StreamMessage {
  readonly id: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into events of many types
  readonly event: any;
}

/** An open stream of server-sent events, read as it comes. */
export interface OpenStream {
  readonly messages: readonly StreamMessage[];
  /** Whether the server has ended it. */
  readonly hasEnded: () => boolean;
  close(): void;
}

/** Opens the event stream of a gateway; throws with the status when it is refused. */
export async function openEventStream(
  gatewayUrl: string,
  token: string,
  lastEventId?: string,
): Promise<OpenStream> {
  const abort = new AbortController();
  const response = await fetch(`${gatewayUrl}/api/v1/events/stream`, {
    headers: {
      authorization: `Bearer ${token}`,
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    },
    signal: abort.signal,
  });
  if (!response.ok || response.body === null) {
    throw new Error(`${response.status}: ${await response.text()}`);
  }
  const messages: StreamMessage[] = [];
  let hasEnded = false;
  const read = async (body: ReadableStream<Uint8Array>): Promise<void> => {
    let text = '';
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
      const parts = (text + chunk).split('\n\n');
      text = parts.pop() ?? '';
      messages.push(...parts.flatMap(toMessage));
    }
  };
  void read(response.body as ReadableStream<Uint8Array>)
    .catch(() => undefined)
    .finally(() => {
      hasEnded = true;
    });
  return { messages, hasEnded: () => hasEnded, close: () => abort.abort() };
}

/** Comments and the time to reconnect are no messages. */
function toMessage(part: string): StreamMessage[] {
  const lines = part.split('\n');
  const field = (name: string) =>
    lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
  const [id, data] = [field('id'), field('data')];
  return id === undefined || data === undefined ? [] : [{ id, event: JSON.parse(data) }];
}
