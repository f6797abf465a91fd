-- A public reply under the ticket's lock: the comment, what the ticket shows of it, and the event.
\set number random(:oldest, :newest)
BEGIN;
SELECT * FROM tickets WHERE number = :number FOR UPDATE \gset
INSERT INTO comments (id, ticket_id, author_id, visibility, body, body_html, excerpt, is_solution, created_at)
VALUES (('01ffffff-ffff-7000-8000-' || lpad(to_hex(nextval('bench_ids')), 12, '0'))::uuid, :id::uuid, :author::uuid, 0,
  repeat('what happened, in a few words ', 8), repeat('what happened, in a few words ', 8),
  repeat('what happened, in a few words ', 5), false, now());
UPDATE tickets SET public_comment_count = public_comment_count + 1, version = version + 1, status = greatest(status, 1),
  last_public_comment = :digest, timers = :timers,
  first_replied_at = coalesce(first_replied_at, now()), updated_at = now(), next_due_at = now() + interval '8 h',
  at_risk_at = now() + interval '6 h'
WHERE id = :id::uuid;
INSERT INTO events (ticket_id, actor_id, actor_kind, is_internal, at, data)
VALUES (:id::uuid, :author::uuid, 0, false, now(), :event);
COMMIT;
