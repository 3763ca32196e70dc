-- Plans and installations. instcomd's rows are the authoritative journal of an installation.

-- Canonical JSON (RFC 8785) is kept as text: its SHA-256 is the plan's name.
CREATE TABLE plans (
  plan_sha256 text PRIMARY KEY,
  machine_id  text NOT NULL REFERENCES machines,
  plan_json   text NOT NULL,
  config      jsonb NOT NULL,
  image       jsonb NOT NULL,
  -- The time that the plan was made for: be-<timestamp> names come from it.
  planned_at  timestamptz NOT NULL,
  created_by  text NOT NULL
);

CREATE TABLE installations (
  installation_id   text PRIMARY KEY,
  -- Order of the queue.
  position          bigint GENERATED ALWAYS AS IDENTITY,
  machine_id        text NOT NULL REFERENCES machines,
  plan_sha256       text NOT NULL REFERENCES plans,
  -- The config as written, for /etc/slipway/machine.kdl.
  kdl               text NOT NULL,
  boot_environment  text NOT NULL,
  image_reference   text NOT NULL,
  image_digest      text NOT NULL,
  claim_id          text NOT NULL,
  created_by        text NOT NULL,
  principal_id      text NOT NULL,
  idempotency_key   text,
  state             text NOT NULL DEFAULT 'queued'
                    CHECK (state IN ('queued', 'preparing', 'partitioning', 'pulling', 'configuring', 'finishing',
                                     'rebooting', 'confirming', 'completed', 'failed', 'cancelled', 'rolled-back')),
  phase             text NOT NULL DEFAULT 'queued',
  step_id           text,
  percent           integer NOT NULL DEFAULT 0,
  bytes_done        bigint,
  bytes_total       bigint,
  rate              bigint,
  eta_seconds       integer,
  confirmed         boolean NOT NULL DEFAULT false,
  error             jsonb,
  -- What an operator asked for and the machine has not yet confirmed.
  intent            text CHECK (intent IN ('cancel', 'rollback')),
  -- Highest event number of machined that is stored here.
  last_seq          bigint NOT NULL DEFAULT 0,
  -- Bytes of finished layers, by step: what progress starts from after a restart.
  bytes_by_step     jsonb NOT NULL DEFAULT '{}',
  -- The one-time token of the first-boot report: hashed to compare, sealed to be handed out again after a restart.
  -- Both null where no report can come.
  first_boot_hash   bytea,
  first_boot_sealed text,
  boot_id           text,
  confirm_by        timestamptz,
  -- Who runs it: a lease with a fence, on PostgreSQL's clock.
  owner             text,
  owner_fence       bigint NOT NULL DEFAULT 0,
  owner_until       timestamptz,
  attempts          integer NOT NULL DEFAULT 0,
  next_attempt_at   timestamptz NOT NULL DEFAULT now(),
  waiting_for       text,
  created_at        timestamptz NOT NULL DEFAULT now(),
  started_at        timestamptz,
  ended_at          timestamptz
) WITH (fillfactor = 70);
CREATE INDEX installations_to_run ON installations (position)
  WHERE state IN ('queued', 'preparing', 'partitioning', 'pulling', 'configuring', 'finishing', 'rebooting');
CREATE INDEX installations_to_confirm ON installations (confirm_by) WHERE state = 'confirming';
CREATE INDEX installations_by_machine ON installations (machine_id, position);
-- One installation that is not terminal per machine, whoever asks.
CREATE UNIQUE INDEX installations_one_active ON installations (machine_id)
  WHERE state NOT IN ('completed', 'failed', 'cancelled', 'rolled-back');

-- A repeated request finds its installation even where the first answer was lost.
CREATE UNIQUE INDEX installations_by_request ON installations (principal_id, idempotency_key) WHERE idempotency_key IS NOT NULL;

-- Start and end of every step that began; steps without a row are still to come.
CREATE TABLE installation_steps (
  installation_id text NOT NULL REFERENCES installations,
  step_id         text NOT NULL,
  started_at      timestamptz NOT NULL,
  ended_at        timestamptz,
  outcome         text NOT NULL CHECK (outcome IN ('running', 'done', 'failed', 'undone')),
  error           jsonb,
  PRIMARY KEY (installation_id, step_id)
);

CREATE TABLE installation_logs (
  installation_id text NOT NULL REFERENCES installations,
  seq             bigint NOT NULL,
  at              timestamptz NOT NULL,
  level           smallint NOT NULL, -- 0 debug, 1 info, 2 warn, 3 error
  step_id         text,
  message         text NOT NULL,
  PRIMARY KEY (installation_id, seq)
);
