-- A ticket with all its rows and its event; ids sort by time, as the server's do.
\set requester random(0, 9999)
BEGIN;
SELECT id AS requester_id, organization_id, nextval('ticket_number') AS number,
       '01ffffff-ffff-7000-8000-' || lpad(to_hex(nextval('bench_ids')), 12, '0') AS id
FROM users WHERE email = 'requester' || :requester::text || '@bench.guichet.test' \gset
INSERT INTO tickets (id, number, integration_id, version, subject, subject_folded, status, priority, level_rank, channel,
  requester_id, organization_id, team_id, tags, public_comment_count, internal_comment_count, timers, service_phase,
  next_due_at, at_risk_at, next_deadline_at, reopen_count, created_at, updated_at)
VALUES (:id::uuid, :number::integer, '00000000-0000-0000-0000-000000000000', 1, 'The invoice of order 12345 is wrong',
  'the invoice of order 12345 is wrong', 0, 1, 1, 4, :requester_id::uuid, :organization_id::uuid, :team::uuid,
  '["billing", "export"]', 0, 0, :timers, 0, now() + interval '4 h', now() + interval '3 h',
  now() + interval '3 h', 0, now(), now());
INSERT INTO ticket_details (ticket_id, description, description_html, custom_fields)
VALUES (:id::uuid, repeat('what happened, in a few words ', 8), repeat('what happened, in a few words ', 8), '[]');
INSERT INTO ticket_tags (ticket_id, tag) VALUES (:id::uuid, 'billing'), (:id::uuid, 'export');
INSERT INTO events (ticket_id, actor_id, actor_kind, is_internal, at, data)
VALUES (:id::uuid, :requester_id::uuid, 0, false, now(), :event);
COMMIT;
