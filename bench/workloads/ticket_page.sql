-- One ticket's page, one statement for each of its lists. Every tenth ticket has 26 comments.
\set number 1010 + 10 * random(0, :threads)
SELECT t.*, d.description_html, l.name_en, r.name AS requester_name, r.email, o.name AS organization_name,
       m.name AS team_name, a.name AS assignee_name
FROM tickets t
JOIN ticket_details d ON d.ticket_id = t.id
JOIN levels l ON l.rank = t.level_rank
JOIN users r ON r.id = t.requester_id
LEFT JOIN organizations o ON o.id = t.organization_id
LEFT JOIN teams m ON m.id = t.team_id
LEFT JOIN users a ON a.id = t.assignee_id
WHERE t.number = :number \gset
SELECT c.id, c.visibility, c.body_html, c.is_solution, c.created_at, c.edited_at, u.id, u.name
FROM comments c LEFT JOIN users u ON u.id = c.author_id
WHERE c.ticket_id = :id
ORDER BY c.created_at, c.id
LIMIT 26;
SELECT e.id, e.actor_kind, e.at, e.data, u.id, u.name
FROM events e LEFT JOIN users u ON u.id = e.actor_id
WHERE e.ticket_id = :id
ORDER BY e.id
LIMIT 26;
SELECT k.id, k.role, a.id, a.slug, x.title
FROM knowledge_links k
JOIN articles a ON a.id = k.article_id
JOIN article_translations x ON x.article_id = a.id AND x.locale = a.locale
WHERE k.ticket_id = :id
ORDER BY k.id;
