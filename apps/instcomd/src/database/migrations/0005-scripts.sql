-- The script library, its executions with their output, and schedules.

CREATE TABLE scripts (
  id         text PRIMARY KEY,
  name       text NOT NULL UNIQUE,
  revision   integer NOT NULL DEFAULT 1,
  -- SHA-256 of the canonical JSON of `definition`.
  sha256     text NOT NULL,
  -- The script file as parsed (scripts.md).
  definition jsonb NOT NULL,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE schedules (
  id                  text PRIMARY KEY,
  name                text NOT NULL,
  script_id           text NOT NULL,
  script_name         text NOT NULL,
  timing              jsonb NOT NULL,
  targets             jsonb NOT NULL,
  -- Passwords masked; all values as given are sealed beside it.
  input_values        jsonb NOT NULL,
  inputs_sealed       text,
  run_as              text,
  timeout_seconds     integer,
  enabled             boolean NOT NULL DEFAULT true,
  on_failure          text NOT NULL DEFAULT 'continue' CHECK (on_failure IN ('continue', 'stop')),
  missed              text NOT NULL DEFAULT 'run_once' CHECK (missed IN ('skip', 'run_once', 'catch_up')),
  jitter_seconds      integer NOT NULL DEFAULT 0,
  max_parallel        integer,
  canary              integer NOT NULL DEFAULT 0,
  stop_after_failures integer,
  -- Null: no further run. Whoever moves it on, under the row's lock, makes the run.
  next_run_at         timestamptz,
  last_run_at         timestamptz,
  execution_count     integer NOT NULL DEFAULT 0,
  missed_count        integer NOT NULL DEFAULT 0,
  ended               text,
  created_by          text NOT NULL,
  created_at          timestamptz NOT NULL DEFAULT now(),
  updated_at          timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX schedules_due ON schedules (next_run_at) WHERE enabled AND next_run_at IS NOT NULL;
CREATE INDEX schedules_by_script ON schedules (script_id);

-- The first block has the published names (scripts.md), unquoted, so they fold to lower case.
CREATE TABLE script_executions (
  id                    text PRIMARY KEY,
  scriptId              text NOT NULL,
  machineId             text NOT NULL REFERENCES machines,
  executionType         text NOT NULL CHECK (executionType IN ('FIRST_BOOT', 'ON_DEMAND', 'SCHEDULED')),
  status                text NOT NULL DEFAULT 'PENDING'
                        CHECK (status IN ('PENDING', 'RUNNING', 'SUCCESS', 'FAILED', 'TIMEOUT', 'CANCELLED')),
  scheduledFor          timestamptz,
  startedAt             timestamptz,
  completedAt           timestamptz,
  -- Windows codes are unsigned 32 bits.
  exitCode              bigint,
  stdout                text NOT NULL DEFAULT '',
  stderr                text NOT NULL DEFAULT '',
  error                 text,
  -- As given; passwords masked.
  inputValues           jsonb NOT NULL DEFAULT '{}',
  executedAs            text,
  "order"               integer NOT NULL DEFAULT 0,
  repeatIntervalMinutes integer,
  lastExecutedAt        timestamptz,
  executionCount        integer NOT NULL DEFAULT 0,
  maxExecutions         integer,
  attempt               integer NOT NULL DEFAULT 1,
  createdAt             timestamptz NOT NULL DEFAULT now(),
  updatedAt             timestamptz NOT NULL DEFAULT now(),

  position              bigint GENERATED ALWAYS AS IDENTITY,
  script_name           text NOT NULL,
  os                    text[] NOT NULL,
  shell                 text NOT NULL,
  -- The program as the shell shall see it; the script may change later.
  program               text NOT NULL,
  -- The environment (INPUT_…) as sealed JSON; null: empty.
  env_sealed            text,
  timeout_seconds       integer NOT NULL,
  max_attempts          integer NOT NULL DEFAULT 1,
  created_by            text NOT NULL,
  schedule_id           text,
  schedule_round        integer,
  -- Waits for other machines of its round.
  held                  boolean NOT NULL DEFAULT false,
  -- Not sent by then: cancelled as missed.
  send_by               timestamptz,

  -- Claim before send: a lease (`send_after`) with owner and fence on this attempt.
  sent_at               timestamptz,
  sent_protocol         integer,
  send_owner            text,
  send_fence            bigint NOT NULL DEFAULT 0,
  -- Not sent (again) before.
  send_after            timestamptz,
  accepted_at           timestamptz,
  -- Last time that a result was possible: sent, heard of, or its machine linked.
  heard_at              timestamptz,
  cancel_requested_at   timestamptz,
  cancel_requested_by   text,

  -- Highest attempt whose completion is stored.
  result_attempt        integer NOT NULL DEFAULT 0,
  late_result           jsonb,
  -- Highest piece stored of this attempt.
  stdout_seq            integer NOT NULL DEFAULT 0,
  stderr_seq            integer NOT NULL DEFAULT 0,
  stdout_bytes          bigint NOT NULL DEFAULT 0,
  stderr_bytes          bigint NOT NULL DEFAULT 0,
  truncated             boolean NOT NULL DEFAULT false
) WITH (fillfactor = 70);
CREATE INDEX script_executions_active ON script_executions (machineId, "order", createdAt)
  WHERE status IN ('PENDING', 'RUNNING');
CREATE INDEX script_executions_scheduled ON script_executions (scheduledFor)
  WHERE status = 'PENDING' AND scheduledFor IS NOT NULL;
CREATE INDEX script_executions_to_send ON script_executions (send_after)
  WHERE status IN ('PENDING', 'RUNNING') AND send_after IS NOT NULL AND accepted_at IS NULL;
CREATE INDEX script_executions_to_skip ON script_executions (send_by) WHERE status = 'PENDING' AND send_by IS NOT NULL;
CREATE INDEX script_executions_unheard ON script_executions (heard_at)
  WHERE status IN ('PENDING', 'RUNNING') AND heard_at IS NOT NULL;
CREATE UNIQUE INDEX script_executions_by_position ON script_executions (position);
CREATE INDEX script_executions_by_machine ON script_executions (machineId, position);
CREATE INDEX script_executions_by_script ON script_executions (scriptId, position);
CREATE INDEX script_executions_by_schedule ON script_executions (schedule_id, schedule_round)
  WHERE schedule_id IS NOT NULL;

-- Output as it was written. One writer per execution, so `position` rises in the order of commits.
CREATE TABLE script_outputs (
  execution_id text NOT NULL REFERENCES script_executions ON DELETE CASCADE,
  attempt      integer NOT NULL,
  stream       text NOT NULL CHECK (stream IN ('stdout', 'stderr')),
  seq          integer NOT NULL,
  position     bigint GENERATED ALWAYS AS IDENTITY,
  at           timestamptz NOT NULL DEFAULT clock_timestamp(),
  data         text NOT NULL,
  PRIMARY KEY (execution_id, attempt, stream, seq)
);
CREATE INDEX script_outputs_in_order ON script_outputs (execution_id, position);

CREATE INDEX events_of_output_to_expire ON events (at) WHERE type = 'scripts.output';

-- The published query runs as written; the repeat fields of a scheduled run are its schedule's.
CREATE VIEW ScriptExecution AS
SELECT e.id, e.scriptId, e.machineId, e.executionType, e.status, e.scheduledFor, e.startedAt, e.completedAt, e.exitCode,
  e.stdout, e.stderr, e.error, e.inputValues, e.executedAs, e."order",
  coalesce((s.timing ->> 'interval_minutes')::integer, e.repeatIntervalMinutes) AS repeatIntervalMinutes,
  coalesce(s.last_run_at, e.lastExecutedAt) AS lastExecutedAt,
  coalesce(s.execution_count, e.executionCount) AS executionCount,
  coalesce((s.timing ->> 'max_executions')::integer, e.maxExecutions) AS maxExecutions,
  e.attempt, e.createdAt, e.updatedAt
FROM script_executions e LEFT JOIN schedules s ON s.id = e.schedule_id;
