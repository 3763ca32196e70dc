-- One config for many machines: what was asked for, and the installation that each machine got of it.
CREATE TABLE install_batches (
  id         text PRIMARY KEY,
  position   bigint GENERATED ALWAYS AS IDENTITY,
  name       text NOT NULL,
  kdl        text NOT NULL,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON install_batches (position);

CREATE TABLE install_batch_machines (
  batch_id        text NOT NULL REFERENCES install_batches ON DELETE CASCADE,
  ordinal         integer NOT NULL,
  machine_id      text NOT NULL,
  values          jsonb NOT NULL,
  installation_id text NOT NULL REFERENCES installations,
  PRIMARY KEY (batch_id, ordinal)
);
CREATE INDEX ON install_batch_machines (installation_id);
