-- The platform: who may do what, what happened, who runs, what is trusted.
-- Append-only: a file that was released is never changed; its checksum is kept in `migrations`.

-- Whoever acts: admin.token's owner is the first row; people come later.
CREATE TABLE principals (
  id          text PRIMARY KEY,
  name        text NOT NULL UNIQUE,
  kind        text NOT NULL CHECK (kind IN ('system', 'user')),
  role        text NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
  created_at  timestamptz NOT NULL DEFAULT now(),
  disabled_at timestamptz
);

-- API tokens: 256 random bits, so a plain SHA-256 is enough to keep them unreadable.
CREATE TABLE tokens (
  id           text PRIMARY KEY,
  principal_id text NOT NULL REFERENCES principals,
  name         text NOT NULL,
  secret_hash  bytea NOT NULL UNIQUE,
  role         text NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
  created_at   timestamptz NOT NULL DEFAULT now(),
  expires_at   timestamptz,
  last_used_at timestamptz,
  revoked_at   timestamptz
);

CREATE TABLE sessions (
  id           text PRIMARY KEY,
  principal_id text NOT NULL REFERENCES principals,
  secret_hash  bytea NOT NULL UNIQUE,
  created_at   timestamptz NOT NULL DEFAULT now(),
  expires_at   timestamptz NOT NULL,
  revoked_at   timestamptz
);

-- One-time links that open a browser session.
CREATE TABLE setup_links (
  secret_hash  bytea PRIMARY KEY,
  principal_id text NOT NULL REFERENCES principals,
  created_at   timestamptz NOT NULL DEFAULT now(),
  expires_at   timestamptz NOT NULL,
  used_at      timestamptz
);

-- Every instcomd that runs or ran; `last_seen_at` is its heartbeat.
CREATE TABLE instances (
  id           text PRIMARY KEY,
  version      text NOT NULL,
  host_name    text NOT NULL,
  pid          integer NOT NULL,
  started_at   timestamptz NOT NULL DEFAULT now(),
  last_seen_at timestamptz NOT NULL DEFAULT now(),
  stopped_at   timestamptz
);

-- Who holds a link or a duty; the fence only grows. Times are PostgreSQL's clock only.
CREATE TABLE leases (
  name       text PRIMARY KEY,
  owner      text NOT NULL REFERENCES instances,
  fence      bigint NOT NULL,
  expires_at timestamptz NOT NULL
);

-- The one row that tells which master key this database was made with.
CREATE TABLE master_key (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  key_id   text NOT NULL,
  sealed   text NOT NULL
);

-- CA, signing and session keys, sealed under the master key.
CREATE TABLE keys (
  id         text PRIMARY KEY,
  kind       text NOT NULL CHECK (kind IN ('ca', 'signing', 'session')),
  sealed     text NOT NULL,
  public_pem text,
  created_at timestamptz NOT NULL DEFAULT now(),
  retired_at timestamptz
);
CREATE UNIQUE INDEX keys_one_active ON keys (kind) WHERE retired_at IS NULL;

CREATE TABLE certificates (
  serial      text PRIMARY KEY,
  subject     text NOT NULL,
  fingerprint text NOT NULL,
  issued_at   timestamptz NOT NULL DEFAULT now(),
  not_after   timestamptz NOT NULL,
  revoked_at  timestamptz,
  reason      text
);
CREATE INDEX certificates_by_subject ON certificates (subject);
CREATE INDEX certificates_by_fingerprint ON certificates (fingerprint);

-- Enrolment proves the secret by HMAC, so it is sealed, not hashed.
CREATE TABLE enrolment_tokens (
  id               text PRIMARY KEY,
  secret_sealed    text NOT NULL,
  created_at       timestamptz NOT NULL DEFAULT now(),
  created_by       text NOT NULL,
  expires_at       timestamptz NOT NULL,
  max_machines     integer NOT NULL,
  allowed_networks text[] NOT NULL,
  revoked_at       timestamptz
);

-- A machine counts once, however often it boots the medium.
CREATE TABLE enrolment_uses (
  token_id   text NOT NULL REFERENCES enrolment_tokens,
  machine_id text NOT NULL,
  first_at   timestamptz NOT NULL DEFAULT now(),
  last_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (token_id, machine_id)
);

-- Answers kept for Idempotency-Key. `status` is null while the first request runs.
CREATE TABLE idempotency_keys (
  principal_id text NOT NULL,
  key          text NOT NULL,
  request_hash bytea NOT NULL,
  status       integer,
  body         jsonb,
  created_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (principal_id, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- Events in two stages. A transaction appends to `pending_events`; after its commit the sequencer moves rows, in batches and
-- one sequencer at a time, to `events`, gives them the next numbers without a gap and chains their hashes. So a visible
-- number means that all smaller ones are visible, and appending transactions neither wait for each other nor lose group commit.
CREATE TABLE pending_events (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at             timestamptz NOT NULL DEFAULT date_trunc('milliseconds', clock_timestamp()),
  type           text NOT NULL,
  data           jsonb NOT NULL,
  actor          text NOT NULL,
  source_address text,
  request_id     text
);

CREATE TABLE events (
  seq            bigint PRIMARY KEY,
  at             timestamptz NOT NULL,
  type           text NOT NULL,
  data           jsonb NOT NULL,
  actor          text NOT NULL,
  source_address text,
  request_id     text,
  -- Null for the types that are not kept for ever (installation.progress): the chain goes over the rest.
  prev_hash      bytea,
  hash           bytea
);
CREATE INDEX events_by_installation ON events ((data ->> 'installation_id'), seq) WHERE data ? 'installation_id';
CREATE INDEX events_by_machine ON events ((data ->> 'machine_id'), seq) WHERE data ? 'machine_id';
CREATE INDEX events_to_expire ON events (at) WHERE type = 'installation.progress';

-- The one row that the sequencer locks: last number and last hash given, and the highest number that retention removed.
CREATE TABLE event_head (
  only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  seq         bigint NOT NULL,
  hash        bytea NOT NULL,
  expired_seq bigint NOT NULL
);
INSERT INTO event_head (seq, hash, expired_seq) VALUES (0, decode(repeat('00', 32), 'hex'), 0);
