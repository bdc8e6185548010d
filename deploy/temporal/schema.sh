#!/bin/sh
# Makes or migrates both schemas of Temporal. Safe to repeat: the tool applies what is missing.
set -eu

SQL_PASSWORD="$(cat "$SQL_PASSWORD_FILE")"
export SQL_PASSWORD

migrate() {
  database="$1"
  versions="$2"
  tool() {
    temporal-sql-tool --plugin postgres12 --endpoint "$SQL_HOST" --port "$SQL_PORT" \
      --user "$SQL_USER" --database "$database" "$@"
  }
  tool setup-schema --version 0.0
  tool update-schema --schema-dir "$versions"
}

migrate temporal "$SCHEMA_DIR/temporal/versioned"
migrate temporal_visibility "$SCHEMA_DIR/visibility/versioned"
