-- Leases of agents' links, renewed for all links of an instance by one row: `guest:<machine id>` says whose a link is, and is
-- good while `links:<instance>`, its heartbeat, is. Renewing ten thousand rows every five seconds did not keep its time.
CREATE VIEW held_links AS
SELECT l.name, l.owner, l.fence, l.idle
  FROM leases l JOIN leases h ON h.name = 'links:' || l.owner
 WHERE l.name LIKE 'guest:%' AND l.expires_at > clock_timestamp() AND h.expires_at > clock_timestamp();
