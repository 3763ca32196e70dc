-- Guests: machines with an agent, their links, secrets, tokens and metrics.

-- True: the owner serves nobody there now, so a link that has somebody may take the lease before it expires.
ALTER TABLE leases ADD COLUMN idle boolean NOT NULL DEFAULT false;

CREATE TABLE guests (
  machine_id         text PRIMARY KEY REFERENCES machines,
  tags               text[] NOT NULL DEFAULT '{}',
  metrics_interval_s integer NOT NULL DEFAULT 30 CHECK (metrics_interval_s BETWEEN 1 AND 86400),
  -- Shared secrets, oldest first, as one sealed JSON array: all are accepted, the last one is wanted. Null: unsigned.
  secrets_sealed     text,
  -- Latch: set once the agent completed protocol 2; from then on the older protocol is refused.
  protocol2_at       timestamptz,
  link               text CHECK (link IN ('virtio-serial', 'websocket')),
  agent_version      text,
  protocol           smallint,
  platform           text CHECK (platform IN ('linux', 'windows')),
  arch               text,
  boot_id            text,
  capabilities       text[] NOT NULL DEFAULT '{}',
  signed             boolean NOT NULL DEFAULT false,
  -- The session that `instance` serves under `fence` of its lease; null while the agent is not linked.
  session            text,
  instance           text REFERENCES instances,
  fence              bigint NOT NULL DEFAULT 0,
  connected_since    timestamptz,
  last_contact       timestamptz,
  -- Why it is not linked, with the cure.
  problem            text
) WITH (fillfactor = 70);
CREATE INDEX guests_by_instance ON guests (instance) WHERE session IS NOT NULL;

-- Sockets whose name is no machine, as each instance sees them in its folder.
CREATE TABLE unadopted_guests (
  name       text NOT NULL,
  instance   text NOT NULL REFERENCES instances,
  problem    text NOT NULL,
  first_seen timestamptz NOT NULL DEFAULT now(),
  last_seen  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (name, instance)
);

-- 256 random bits, so a plain SHA-256 is enough. Good for the distribution routes and for one enrolment.
CREATE TABLE agent_tokens (
  secret_hash bytea PRIMARY KEY,
  machine_id  text NOT NULL REFERENCES machines,
  created_at  timestamptz NOT NULL DEFAULT now(),
  created_by  text NOT NULL,
  expires_at  timestamptz NOT NULL,
  used_at     timestamptz
);
CREATE INDEX agent_tokens_unused ON agent_tokens (machine_id) WHERE used_at IS NULL;

-- The newest figures of each guest. Processes and services come more seldom than the rest and stand beside it.
CREATE TABLE guest_metrics (
  machine_id text PRIMARY KEY REFERENCES machines,
  at         timestamptz NOT NULL,
  data       jsonb NOT NULL,
  processes  jsonb,
  services   jsonb
) WITH (fillfactor = 50); -- room for the next figures beside the row, so that they touch no index

-- Means over `resolution` seconds from `at`: 60 for a day, 300 for a month, 3600 for a year. Rates in bytes a second.
CREATE TABLE guest_metrics_history (
  resolution           smallint NOT NULL CHECK (resolution IN (60, 300, 3600)),
  at                   timestamptz NOT NULL,
  machine_id           text NOT NULL REFERENCES machines,
  cpu_percent          real NOT NULL,
  memory_used_kb       double precision NOT NULL,
  memory_total_kb      double precision NOT NULL,
  disk_used_gb         double precision NOT NULL,
  disk_total_gb        double precision NOT NULL,
  network_receive_rate double precision,
  network_send_rate    double precision,
  PRIMARY KEY (machine_id, resolution, at)
);
CREATE INDEX guest_metrics_history_by_age ON guest_metrics_history (resolution, at);

-- Questions to an agent whose link another instance holds; the row is the truth, NOTIFY only a hint.
CREATE TABLE guest_requests (
  id         text PRIMARY KEY,
  machine_id text NOT NULL REFERENCES machines,
  message    jsonb NOT NULL,
  expires_at timestamptz NOT NULL,
  taken_by   text,
  answer     jsonb
);
CREATE INDEX guest_requests_by_age ON guest_requests (expires_at);
CREATE INDEX events_metrics_to_expire ON events (at) WHERE type = 'guests.metrics';
