-- Machines, their hardware, who holds them, and every config that was valid for them.
-- A guest is a machine too. All leases are compared on PostgreSQL's clock only.

CREATE TABLE machines (
  machine_id         text PRIMARY KEY,
  kind               text NOT NULL DEFAULT 'physical' CHECK (kind IN ('physical', 'virtual')),
  hostname           text,
  address            text,
  port               integer,
  -- What the machine is apart from claim, running installation and silence, which `machine_states` adds.
  status             text NOT NULL DEFAULT 'available'
                     CHECK (status IN ('available', 'claimed', 'installing', 'installed', 'error', 'managed')),
  offline            boolean NOT NULL DEFAULT false,
  specs              jsonb,
  capabilities       text[] NOT NULL DEFAULT '{}',
  enrolment          text NOT NULL DEFAULT 'none'
                     CHECK (enrolment IN ('enrolled', 'token', 'code', 'conflict', 'none')),
  conflict           text,
  conflict_at        timestamptz,
  -- Ed25519 key that signs the machine's discovery answers: SPKI DER, base64. Null for peers that do not sign.
  public_key         text,
  -- SHA-256 of the certificate that the machine serves.
  fingerprint        text,
  boot_id            text,
  version            text,
  -- The running installation, else the last one.
  installation_id    text,
  first_seen         timestamptz NOT NULL DEFAULT now(),
  last_seen          timestamptz
) WITH (fillfactor = 70); -- room for heartbeats beside the row, so that they touch no index

CREATE TABLE inventories (
  machine_id text PRIMARY KEY REFERENCES machines,
  inventory  jsonb NOT NULL,
  read_at    timestamptz NOT NULL DEFAULT now()
);

-- One row per machine that was ever claimed. `fence` only grows; `claim_id` is null while nobody holds the machine.
CREATE TABLE claims (
  machine_id      text PRIMARY KEY REFERENCES machines,
  fence           bigint NOT NULL,
  claim_id        text UNIQUE,
  holder          text,
  principal_id    text,
  claimed_at      timestamptz,
  expires_at      timestamptz,
  ttl_seconds     integer,
  -- Made by an installation for itself: it ends with it.
  implicit        boolean NOT NULL DEFAULT false,
  -- While set, the claim does not expire: the installation is not terminal.
  installation_id text,
  CHECK ((claim_id IS NULL) = (expires_at IS NULL))
) WITH (fillfactor = 70);
CREATE INDEX claims_to_expire ON claims (expires_at) WHERE claim_id IS NOT NULL AND installation_id IS NULL;

CREATE TABLE configs (
  id         text PRIMARY KEY,
  machine_id text NOT NULL REFERENCES machines,
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL,
  kdl        text NOT NULL,
  kdl_sha256 text NOT NULL,
  reason     text NOT NULL
);
CREATE UNIQUE INDEX configs_once ON configs (machine_id, kdl_sha256, reason);
CREATE INDEX configs_by_machine ON configs (machine_id, id);

-- A machine as the API shows it.
CREATE VIEW machine_states AS
SELECT m.*,
  CASE
    WHEN c.installation_id IS NOT NULL THEN 'installing'
    WHEN m.offline THEN 'offline'
    WHEN c.claim_id IS NOT NULL AND c.expires_at > clock_timestamp() THEN 'claimed'
    ELSE m.status
  END AS shown_status,
  CASE WHEN c.installation_id IS NOT NULL OR c.expires_at > clock_timestamp() THEN c.claim_id END AS claim_id,
  c.holder, c.claimed_at, c.fence,
  CASE WHEN c.installation_id IS NULL THEN c.expires_at END AS claim_expires_at,
  c.installation_id IS NOT NULL AS claim_is_installing
FROM machines m LEFT JOIN claims c USING (machine_id);
