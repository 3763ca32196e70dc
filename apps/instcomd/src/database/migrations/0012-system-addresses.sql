-- The installed system's addresses, as its first-boot report told them; the view names its columns, so it is made again.
ALTER TABLE machines ADD COLUMN system_addresses text[] NOT NULL DEFAULT '{}';

DROP VIEW machine_states;
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
