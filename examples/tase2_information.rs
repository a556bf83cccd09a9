//! Information messages (block 4): NORTH tells SOUTH something in words, and something longer than a message can be.
//!
//! `cargo run --example tase2_information`
#![forbid(unsafe_code)]

#[path = "tase2/pair.rs"]
mod pair;

use pair::{Lines, Pair};
use tase2::bilateral::References;
use tase2::information::{Message, Recipients};
use tase2::model::Model;

pub(crate) async fn run() -> Lines {
    let mut model = Model::new();
    model.add_information_buffer(128)?;
    model.add_information_buffer(1024)?;
    let pair = Pair::start(model, |south| {
        // Information object 7 is what both utilities have agreed on for switching notices.
        south.information.send = References::from(7);
        south.information.queue = 10;
    })
    .await?;

    // SOUTH has not asked for messages yet: this one waits.
    let notice = Message::new(7, "line 4 is out for maintenance").with_local_reference(1);
    let sent = pair
        .north
        .send_information(Recipients::Peer("SOUTH"), &notice)?;
    let mut lines = vec![format!(
        "message {} waits for {} peer",
        sent.message_id, sent.queued
    )];

    let mut messages = pair.client.messages();
    pair.client.enable_information(true).await?;
    pair.north
        .send_information(Recipients::All, &Message::new(7, "line 4 is back"))?;
    while let Some(message) = messages.next().await {
        let to = if message.to_all { "all" } else { "us" };
        let text = message.text().unwrap_or("no text");
        lines.push(format!("message {} to {to}: {text}", message.message_id));
        if message.to_all {
            break;
        }
    }
    // What was sent last can be read as well.
    let header = pair.client.read_information_header(true).await?;
    let content = pair.client.read_information_buffer(128, true).await?;
    lines.push(format!(
        "the last one has {} octets: {}",
        header.size,
        content.len()
    ));
    // Without an agreement about segments, more than a buffer holds is refused here and not at the peer.
    let long = Message::new(7, vec![0; 2000]);
    if let Err(error) = pair.north.send_information(Recipients::All, &long) {
        lines.push(format!("not sent: {error}"));
    }
    pair.stop().await;
    Ok(lines)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    for line in run().await? {
        println!("{line}");
    }
    Ok(())
}
