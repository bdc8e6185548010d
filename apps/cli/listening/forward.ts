/** A webhook on its way to the local program. */
export interface Webhook {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** How the local program took it. */
export type Forwarded =
  | { readonly status: number; readonly body: string; readonly ms: number }
  | { readonly error: string; readonly ms: number };

/** Below the timeout of the temporary endpoint, so that its log says what happened here. */
const timeoutMs = 25_000;
/** Those that belong to a connection, and those that are made anew. */
const ownHeaders = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'expect']);

/** Posts a webhook to the local program as it came, headers and bytes. */
export async function forward(target: string, { headers, body }: Webhook): Promise<Forwarded> {
  const startedMs = performance.now();
  const elapsed = (): number => Math.round(performance.now() - startedMs);
  const passed = Object.entries(headers).filter(([name]) => !ownHeaders.has(name.toLowerCase()));
  try {
    const response = await fetch(target, {
      method: 'POST',
      headers: passed,
      body: new Uint8Array(body),
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    return { status: response.status, body: await response.text(), ms: elapsed() };
  } catch (error) {
    return { error: reasonOf(error), ms: elapsed() };
  }
}

/** Fetch itself only says that it failed; the code is below. */
function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return 'no answer in time';
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : String(error);
}
