import type { Handshake } from '../schemas/handshake.ts';
import type { IdempotencySource } from '../schemas/hook.ts';
import type { Verifier } from '../schemas/verifier.ts';

/** What is known about a sender, as data: how it signs, how it asks, and what to do on its side. */
export interface Preset {
  /** Stable; stored with hooks that were made from it. */
  readonly id: string;
  readonly name: string;
  /** The product that sends. Several presets may share one. */
  readonly sender: string;
  readonly verifier: Verifier;
  /** The keys a hook needs. Empty slots: none. */
  readonly secret: { readonly label: string; readonly slots: readonly PresetSlot[] };
  /** What makes two requests the same one. Null when the sender gives nothing reliable. */
  readonly idempotency: IdempotencySource | null;
  /** Where the kind of event is said. */
  readonly eventType: IdempotencySource | null;
  readonly handshake: Handshake | null;
  /** When the sender repeats a request, and how long it waits for an answer. */
  readonly retryNote: string;
  /** What to do on the side of the sender, in order. */
  readonly setup: readonly string[];
  /** Pitfalls, and what is not certain. */
  readonly notes: readonly string[];
  readonly docsUrl?: string;
}

export interface PresetSlot {
  readonly slot: string;
  readonly label: string;
  /** True when the secret is ours to choose, so that it may be generated. */
  readonly generate?: boolean;
}
