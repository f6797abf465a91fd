//! Connections: one pattern, spelled once.

use async_graphql::SimpleObject;

/// Where a page stands in its list.
#[derive(Clone, Debug, SimpleObject)]
pub struct PageInfo {
    /// Whether there are rows after the last of this page.
    pub has_next_page: bool,
    /// Whether there are rows before the first of this page.
    pub has_previous_page: bool,
    /// The cursor of the first row; null on an empty page.
    pub start_cursor: Option<String>,
    /// The cursor of the last row; null on an empty page.
    pub end_cursor: Option<String>,
}

/// Defines a connection and its edge over rows of one type. `total_count` is given where it was
/// selected: `selects_total` asks. `as` names the type of all rows together, where they are answered
/// together. What a connection has besides follows in braces.
#[macro_export]
macro_rules! connection {
    ($(#[$doc:meta])* $connection:ident, $edge:ident, $node:ty) => {
        $crate::connection! { $(#[$doc])* $connection, $edge, $node as Vec<&$node> {} }
    };
    ($(#[$doc:meta])* $connection:ident, $edge:ident, $node:ty { $($fields:tt)* }) => {
        $crate::connection! { $(#[$doc])* $connection, $edge, $node as Vec<&$node> { $($fields)* } }
    };
    ($(#[$doc:meta])* $connection:ident, $edge:ident, $node:ty as $nodes:ty { $($fields:tt)* }) => {
        $(#[$doc])*
        #[derive(async_graphql::Description)]
        pub struct $connection {
            pub edges: Vec<$edge>,
            pub has_next: bool,
            pub has_previous: bool,
            pub total_count: Option<u64>,
        }

        /// A row of a list, and its place there.
        #[derive(async_graphql::Description)]
        pub struct $edge {
            pub cursor: $crate::page::Cursor,
            pub order: $crate::page::OrderTag,
            pub node: $node,
        }

        #[async_graphql::Object(use_type_description)]
        impl $edge {
            /// The row's place: give it as `after` or `before` to go on from here.
            async fn cursor(&self) -> String {
                self.cursor.write(self.order)
            }

            /// The row.
            async fn node(&self) -> &$node {
                &self.node
            }
        }

        #[async_graphql::Object(use_type_description)]
        impl $connection {
            /// The rows of this page with their cursors.
            async fn edges(&self) -> &[$edge] {
                &self.edges
            }

            /// The rows of this page.
            async fn nodes(&self) -> $nodes {
                self.edges.iter().map(|edge| &edge.node).collect()
            }

            /// Where this page stands in the list.
            async fn page_info(&self) -> $crate::graphql::PageInfo {
                let cursor = |edge: Option<&$edge>| edge.map(|edge| edge.cursor.write(edge.order));
                $crate::graphql::PageInfo {
                    has_next_page: self.has_next,
                    has_previous_page: self.has_previous,
                    start_cursor: cursor(self.edges.first()),
                    end_cursor: cursor(self.edges.last()),
                }
            }

            /// How many rows the whole list has, of those that the viewer may read. Counted only
            /// where it is asked for.
            async fn total_count(&self) -> i32 {
                self.total_count.and_then(|count| i32::try_from(count).ok()).unwrap_or(i32::MAX)
            }

            $($fields)*
        }

        impl $connection {
            /// Wraps a page of rows; `place` tells where a row stands in the order.
            pub fn of<T>(
                page: $crate::page::Page<T>,
                order: $crate::page::OrderTag,
                total_count: Option<u64>,
                place: impl Fn(&T) -> $crate::page::Cursor,
                node: impl Fn(T) -> $node,
            ) -> Self {
                let edges = page.rows.into_iter().map(|row| $edge { cursor: place(&row), order, node: node(row) });
                Self {
                    edges: edges.collect(),
                    has_next: page.has_next,
                    has_previous: page.has_previous,
                    total_count,
                }
            }
        }
    };
}

/// Whether a connection's `totalCount` is among what the client wants of `ctx`'s field.
pub fn selects_total(ctx: &async_graphql::Context<'_>) -> bool {
    ctx.look_ahead().field("totalCount").exists()
}
