import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Progress } from '../db/queries/progress.ts';
import type { DispatchOutcome } from '../domain/outcome.ts';
import type { DeliveryOrigin } from '../domain/outbound.ts';

/** One attempt of an outbound delivery, as it is counted. */
export interface CountedAttempt {
  readonly outcome: 'delivered' | 'failed';
  /** Why it failed; empty for a success. */
  readonly errorClass: string;
  readonly origin: DeliveryOrigin;
  readonly durationMs: number;
}

/** What becomes of claims of conversations, as it is counted. */
export type CountedClaim = 'made' | 'renewed' | 'conflict' | 'expired' | 'unavailable';

/** What a process counts of its work (S-049). Labels have few values: no tenant, id or address. */
export interface Metrics {
  /** A request was answered, by the part of the surface that it went to. */
  answered(surface: string, status: number, durationMs: number): void;
  /** An accepted request got its outcome. */
  settled(outcome: DispatchOutcome): void;
  attempted(attempt: CountedAttempt): void;
  /** An event was recorded, and went to so many endpoints. */
  published(matched: number): void;
  claimed(outcome: CountedClaim, count?: number): void;
  /** Everything, in the text form of Prometheus. Asks the database how the installation gets on. */
  text(): Promise<string>;
}

const secondsBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export function makeMetrics(readProgress: () => Promise<Progress>): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const answers = new Histogram({
    name: 'tidegate_http_response_seconds',
    help: 'Requests by surface and status; 429 is a refusal by a limit',
    labelNames: ['surface', 'status'],
    buckets: secondsBuckets,
    registers,
  });
  const outcomes = new Counter({
    name: 'tidegate_inbound_outcomes_total',
    help: 'Accepted requests that got their outcome, by status and error code',
    labelNames: ['status', 'code'],
    registers,
  });
  const attempts = new Histogram({
    name: 'tidegate_outbound_attempt_seconds',
    help: 'Attempts by outcome, class of fault, and what the delivery was made for',
    labelNames: ['outcome', 'error_class', 'origin'],
    buckets: secondsBuckets,
    registers,
  });
  const events = new Counter({
    name: 'tidegate_events_published_total',
    help: 'Events that were recorded',
    registers,
  });
  const unmatched = new Counter({
    name: 'tidegate_events_unmatched_total',
    help: 'Events that no endpoint hears of',
    registers,
  });
  const claims = new Counter({
    name: 'tidegate_claims_total',
    help: 'Claims of conversations: made, renewed, refused because another holds one (conflict), run out (expired), not granted in time (unavailable)',
    labelNames: ['outcome'],
    registers,
  });
  const lag = new Gauge({
    name: 'tidegate_lag_seconds',
    help: 'Age of the oldest delivery of the installation that is due and was not taken up',
    labelNames: ['direction'],
    registers,
  });
  const endpoints = new Gauge({
    name: 'tidegate_endpoints',
    help: 'Endpoints of the installation by state; auto_disabled ones are disabled too',
    labelNames: ['state'],
    registers,
  });
  return {
    answered: (surface, status, durationMs) =>
      answers.observe({ surface, status }, durationMs / 1_000),
    settled: (outcome) =>
      outcomes.inc({
        status: outcome.status,
        code: outcome.status === 'failed' ? outcome.code : '',
      }),
    attempted: ({ outcome, errorClass, origin, durationMs }) =>
      attempts.observe({ outcome, error_class: errorClass, origin }, durationMs / 1_000),
    published(matched) {
      events.inc();
      if (matched === 0) unmatched.inc();
    },
    claimed: (outcome, count = 1) => claims.inc({ outcome }, count),
    async text() {
      const progress = await readProgress();
      lag.set({ direction: 'inbound' }, progress.inboundLagSeconds);
      lag.set({ direction: 'outbound' }, progress.outboundLagSeconds);
      endpoints.set({ state: 'active' }, progress.endpoints.active);
      endpoints.set({ state: 'paused' }, progress.endpoints.paused);
      endpoints.set({ state: 'disabled' }, progress.endpoints.disabled);
      endpoints.set({ state: 'auto_disabled' }, progress.endpoints.autoDisabled);
      return registry.metrics();
    },
  };
}
