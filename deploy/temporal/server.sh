#!/bin/sh
# The server reads its password from the environment only: it is put there from the secret, for this
# process alone.
set -eu

POSTGRES_PWD="$(cat "$POSTGRES_PWD_FILE")"
export POSTGRES_PWD

exec /etc/temporal/entrypoint.sh
