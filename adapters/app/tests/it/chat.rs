//! `countersign chat`.

use crate::terminal::Terminal;

#[tokio::test]
async fn the_last_line_of_a_script_is_answered_before_the_chat_ends() {
    let terminal = Terminal::open().await;
    terminal.runs(&["sync"]).await;
    for _ in 0..5 {
        let said = terminal.chats("ana", "run disk cleanup on maria-lt-01\n").await;
        assert!(said.contains("MARIA-LT-01"), "{said}");
    }
}
