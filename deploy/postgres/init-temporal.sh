#!/bin/sh
# Runs once, when the server makes its data folder: the role and the databases of Temporal. Those of
# Tidegate are made by its bootstrap job.
set -eu

psql --username postgres --no-psqlrc --quiet --set ON_ERROR_STOP=1 \
  --set password="$(cat "${TEMPORAL_DB_PASSWORD_FILE:-/run/secrets/temporal_db_password}")" <<'SQL'
create role temporal login password :'password';
create database temporal owner temporal;
create database temporal_visibility owner temporal;
SQL
