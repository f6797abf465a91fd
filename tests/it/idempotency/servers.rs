//! Several servers of one desk: a key counts on all of them.

use futures_util::future::join_all;
use harness::TestServer;
use sea_orm::DbBackend;

use super::{count, create};

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_do_it_once() {
    let server = TestServer::start().await;
    // SQLite serves one process.
    if server.app().store.backend() == DbBackend::Sqlite {
        return;
    }
    let beside = server.beside().await;
    let (here, there) = (server.requester(), beside.requester());
    here.token().await;
    there.token().await;
    for round in 0..10 {
        let key = format!("k-{round}");
        let all = (0..8).flat_map(|_| [&here, &there]);
        let all = join_all(all.map(|rosa| create(rosa, &key, "Paper jam"))).await;
        let answered: Vec<_> = all.iter().filter(|answer| answer.status == 200).collect();
        let refused = all.iter().filter(|answer| answer.status != 200);
        assert!(
            refused.clone().all(|answer| answer.code() == "UNAVAILABLE"),
            "{all:?}"
        );
        let first = answered.iter().filter(|answer| !answer.is_replayed);
        assert_eq!(first.count(), 1, "{all:?}");
        assert!(
            answered
                .iter()
                .all(|answer| answer.body == answered[0].body)
        );
        assert_eq!(count(&there).await, round + 1);
        let later = create(&here, &key, "Paper jam").await;
        assert_eq!(&later.body, &answered[0].body);
    }
}
