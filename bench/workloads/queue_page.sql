-- The queue page without anything kept on the ticket: counts, tags and excerpts are computed.
SELECT t.id, t.number, t.subject, t.status, t.priority, t.next_due_at, t.at_risk_at, t.service_phase,
       t.created_at, t.updated_at, l.rank, l.name_en, r.id, r.name, a.id, a.name, m.id, m.name,
       counted.comments, newest.id, newest.excerpt, newest.created_at, newest.author_id, newest.author_name,
       tagged.tags
FROM tickets t
JOIN levels l ON l.rank = t.level_rank
JOIN users r ON r.id = t.requester_id
LEFT JOIN users a ON a.id = t.assignee_id
LEFT JOIN teams m ON m.id = t.team_id
LEFT JOIN LATERAL (SELECT count(*) AS comments FROM comments c WHERE c.ticket_id = t.id) counted ON true
LEFT JOIN LATERAL (
  SELECT c.id, left(c.body, 160) AS excerpt, c.created_at, u.id AS author_id, u.name AS author_name
  FROM comments c LEFT JOIN users u ON u.id = c.author_id
  WHERE c.ticket_id = t.id
  ORDER BY c.created_at DESC, c.id DESC
  LIMIT 1
) newest ON true
LEFT JOIN LATERAL (SELECT array_agg(g.tag ORDER BY g.tag) AS tags FROM ticket_tags g WHERE g.ticket_id = t.id) tagged ON true
WHERE t.team_id = :team AND t.status IN (0, 1)
ORDER BY t.next_due_at, t.id
LIMIT 51;
