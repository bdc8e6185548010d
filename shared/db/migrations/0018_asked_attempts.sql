-- A delivery remembers that its owner asked for an attempt at once, so that it need not line up behind
-- those that wait for an endpoint which fails.
-- Locks outbound_deliveries for the moment in which the column is added; no row is rewritten.

set local lock_timeout = '5s';

-- Set by `retryNow`, until the next attempt is begun.
alter table outbound_deliveries add column asked_at timestamptz;
